# fish completion for strata. The program itself says what a word may become (`strata __complete`).

function __strata_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -l answer ($program __complete $words[2..-1] (string unescape -- $current; or echo -- $current) 2>/dev/null)
    or return
    set -l head (string split -m 1 ' ' -- $answer[1])
    set -l before $head[2]
    set -l path (string sub -s (math (string length -- "$before") + 1) -- $current)
    # Without a line the last one would be printed for an empty list.
    test (count $answer) -gt 1; and printf '%s\n' $answer[2..-1]
    switch $head[1]
        case :files
            __strata_paths "$before" (__fish_complete_path "$path")
        case :dirs
            __strata_paths "$before" (__fish_complete_directories "$path" '')
    end
end

function __strata_paths -a before
    for line in $argv[2..-1]
        printf '%s%s\n' $before $line
    end
end

complete -c strata -f -a '(__strata_complete)'
