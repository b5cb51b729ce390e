# Read by the tour's fish after the user's own files.

read -z _caro_tour_told <$CARO_TOUR/told
set -g _caro_tour_told (string split \n -- $_caro_tour_told)

# No history of the tour is kept. Learning is on for the tour's own eyes: nothing of it is told to anybody.
set -g fish_history ''
set -gu CARO_LEARN on
set -g _caro_tour_loaded 1
set -g _caro_tour_skip
if not functions -q _caro_load
    set -g _caro_tour_loaded
    set -g CARO_PYTHON $_caro_tour_told[1]
    builtin source $_caro_tour_told[2]
end
if not functions -q _caro_load
    builtin echo 'caro: its keys cannot be had in this fish. See: caro doctor' >&2
    exit 1
end

# Say before each prompt what to press next.
function _caro_tour_tell --on-event fish_prompt
    set -l comment on
    _caro_is_on comment; or set comment off
    begin
        builtin printf '%s\t%s\0' shell fish loaded "$_caro_tour_loaded" skip "$_caro_tour_skip" comment $comment \
            key "$_caro_report_key" key_owner "$_caro_report_key_owner" \
            explain_key "$_caro_report_explain_key" explain_key_owner "$_caro_report_explain_key_owner"
        builtin printf 'outcome\t%s\0' $_caro_outcomes
    end | $_caro_tour_told[1] -I -c 'import sys, caro_shell.tour.at_prompt as tour; sys.exit(tour.main())'
    set -g _caro_outcomes
    set -g _caro_tour_skip
end

function skip
    set -g _caro_tour_skip 1
end
