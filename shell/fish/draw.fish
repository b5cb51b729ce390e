# What is drawn below the line. The client draws most of it; here are the sentences for people.
#
# The cursor comes back to where it was. Room is made by moving down: when the terminal scrolls then, so does the line.

# Print how many rows below the cursor the first row is that the line does not need; rather one too many.
function _caro_rows_down
    set -l line (_caro_line | string collect -N -a)
    set -l right (_caro_right (builtin commandline -C) "$line" | string collect -N -a)
    if test -z "$right"
        builtin printf 1
        return 0
    end
    set -l rows 1
    for part in (string split \n -- "$right")
        set -l width (string length -V -- "$part")
        set rows (builtin math "$rows + 1 + floor($width / $COLUMNS)")
    end
    builtin printf $rows
end

# Show $argv[1] below the line, in place of whatever is there.
function _caro_draw
    set -l text (string replace -a \n ' ' -- "$argv[1]")
    set -l width (string length -V -- "$text")
    set -l down (_caro_rows_down)
    set -l room (builtin math "$down + floor($width / $COLUMNS)")
    set -g _caro_drawn 1
    builtin printf '%s\e[%dA\e7\e[%dB\r\e[J%s\e8' (string repeat -n $room \eD) $room $down "$text"
end

# Take away what is below the line. That is what stands behind the cursor too, so fish has to paint the line again.
function _caro_erase
    test -n "$_caro_drawn"; or return 0
    set -g _caro_drawn
    builtin printf '\e[J'
    builtin commandline -f repaint
end

# Show a sentence once fish has painted the line again: the terminal's answer comes after that.
function _caro_draw_when_painted
    if test "$_caro_terminal" = silent
        # Nobody would tell us when. So it goes above the line, which is painted below it.
        builtin printf '\r\e[J%s\n' "$argv[1]"
    else
        set -g _caro_message "$argv[1]"
        builtin printf '\e[5n'
    end
end
