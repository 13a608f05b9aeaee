"""Operations whose objects the access matrix does not have; who may do them is asked where those are made."""

ELSEWHERE = {
    # Of signals, figures and persons: tests/decisions, tests/plans, tests/worth and tests/held.
    *("open_decision_case", "get_decision_case", "decide_case", "make_action_plan", "get_action_plan"),
    *("end_action_plan", "tick_action", "untick_action", "list_kpi_values", "get_kpi_value", "list_what_is_held"),
    *("measure_again", "tell_of_plan"),
    # Of a person with a card, and of figures: tests/focus and tests/overview.
    *("get_focus", "choose_focus", "propose_focus", "withdraw_focus", "drop_focus"),
    *("get_overview", "get_heat_map", "get_heat_table", "get_heat_workbook"),
    # Of a KPI with two versions: tests/web/test_kpi_pages.py.
    *("get_version_changes", "list_wording_hints"),
    *("list_talks", "get_talk", "arrange_talk", "open_summary", "acknowledge_summary", "sign_talk"),
    *("get_visit", "cancel_visit", "accept_visit", "return_visit", "appeal_visit", "decide_appeal"),
    *("list_evidence", "get_picture", "list_recovery_cases", "get_recovery_case", "close_recovery_case"),
    *("get_open_code", "close_open_code", "list_open_results", "list_parked_open_answers"),
    *("decide_parked_open_answer", "list_parked_answers", "decide_parked_answer", "get_programme"),
    *("change_programme", "stop_programme", "list_periods", "list_encounters", "tally_encounters"),
    *("get_reading", "list_corrections", "resend_invitation", "rotate_invitation", "extend_invitation"),
    *("void_invitation", "get_release", "list_scores", "get_scores", "get_explanation", "get_distance"),
    # Of a release and of files: tests/benchmarks.
    *("get_benchmark_offer", "export_benchmark", "get_competitor_table", "get_benchmark", "map_benchmark"),
    *("withdraw_benchmark", "end_trust"),
    *("get_ranking", "get_competitors", "get_recomputation", "ask_what_if", "adopt", "get_summary"),
    *("get_contradictions", "take_back_shift", "get_figure_table", "get_summary_paper", "get_summary_workbook"),
    # Of a release, and for analysts alone: tests/analysis/test_doors.py.
    *("get_severity", "get_reliability", "get_assignment_answer", "answer_assignment", "list_score_notes"),
    *("note_score", "get_changes"),
    # Of rounds that have closed, and for who reads no results: tests/moderation/test_doors.py.
    *("list_comment_queues", "get_comment_queue", "get_open_comment_queue", "rule_on_comment"),
}
