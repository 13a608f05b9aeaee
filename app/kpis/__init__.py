"""Goals, KPIs with versions, scales, items, anchors, targets and scorecards."""
