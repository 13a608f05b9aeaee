"""Pure arithmetic of scores: standard library, numpy and scipy only; no storage, no clock, no words for people.

================  =========================================================================
Module            Contents
================  =========================================================================
errors            the one exception: settings or input that cannot be scored
results           frozen values: scores, intervals, and why something has no score
scales            answers to points on 0..100
promoter          net promoter score
raters            items of one sheet to one rater score
observed          how many could judge
tally             sheets as rows, and their integer sums
totals            integer running totals per atom and KPI
pooling           pooled covariance within atoms; the prior where there is too little of it
released          rater groups that may enter figures, with their means
linear            standard error of any linear score over groups and KPIs
soft              subject scores of soft KPIs
intervals         moderated Wilson, Wilson, t, exact Poisson; outward rounding
aggregation       how readings become a figure
metrics           hard readings to one figure of a period
figures           the estimators behind it
goalposts         hard figures to points on 0..100
scorecards        the weighted KPIs of a subject
composite         several KPIs to one score
explain           parts that add up to a score or to a change
rollup            hard figures of a unit from those below it
selfview          self against others
strengths         where a subject stands out from itself
repeated          differences that partly the same raters make, with their errors
trend             change of a KPI between two rounds
card_trend        change of a card between two rounds
discoveries       which of many differences are no chance finds
influence         which KPI really decides an order
comparison        subjects on one scale
ranks             places that scores may hold
ranking           bands, and who cannot be told apart
autocorrelation   how much a series remembers itself
steps             days, weeks, months, quarters, years
seasons           points of a series; weekday effect, last year
directions        which way a KPI is better
baselines         what a series does when nothing is wrong
charts            EWMA, CUSUM, single values: how far towards the limits
phases            one stretch of a series under one baseline
courses           learning, in control, signal; alerts
movers            the item and rater group behind an alert
run_lengths       how often a chart alarms by chance
back_test         alerts that the past would have given
thresholds        red lines that do not flap
moves             changes between rounds, and which are real
round_signals     signals from few rounds
falling_response  which rater group dries up first
projection        chance to reach a target
contradictions    figures that speak against each other
panels            two KPIs over units and periods
relevance         does a soft KPI move before a hard one
weights           weights and shares, checked and compared
columns           column arithmetic that knows no scores
================  =========================================================================

Severe and lenient raters:

==============  =====================================================================
crossed         ratings of subjects by raters as counts and sums
moments         variances in one pass
elimination     the larger factor taken out of the equations
dense           what is left, factored: exact
iterative       the same by conjugate gradients, for predictions
probing         and for the likelihood, estimated with random signs
conjugate       the iteration itself
fixed_effects   fixed effects at known variances
likelihood      criterion, slope and curvature at known variances
search          Newton steps to the lowest criterion
reml            the likeliest variances, and whether one is more than chance
predictions     BLUPs and their errors
connectedness   who hangs together
obstacles       when not to adjust, and why
fairness        values: rater scores, fair scores, severities
leniency        fair scores and severities of a KPI
==============  =====================================================================

Reliability:

================  ===================================================================
reliability       of a shown score, in a figure and a word
firm              the word for each of many scores
needed            raters for a wished reliability
coefficients      intraclass correlations
consistency       coefficient alpha
agreement         rwg within a subject
generalizability  G and D studies of persons, items and raters
================  ===================================================================

Who may be shown (atoms, verifier, preview) is decided by the modules beside these that `disclosure` names.
"""
