# bash completion for strata. The program itself says what a word may become (`strata __complete`).
#
# bash breaks words at `:`, `=`, `<` and `>`, so a name with its tag is several words here. They are put together again, and what stands
# before the last break is taken off the candidates, since bash replaces only what follows it.

_strata_words() { # sets words: as typed up to the cursor, without quotes; and typed: the last one with them
    local rest=${COMP_LINE:0:COMP_POINT} word index
    words=() typed=
    for ((index = 0; index <= COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        # The last word may go on behind the cursor.
        while [[ -n $word && $rest != *"$word"* ]]; do word=${word%?}; done
        if ((index == 0)) || [[ ${rest%%[![:space:]]*} != "" || -z $word && $rest == "" && ${COMP_LINE:COMP_POINT-1:1} == [[:space:]] ]]; then
            words+=("$word")
            typed=$word
        else
            words[${#words[@]} - 1]+=$word
            typed+=$word
        fi
        rest=${rest#"${rest%%[![:space:]]*}"}
        rest=${rest#"$word"}
    done
    words=("${words[@]//[\"\'\\]/}")
}

_strata() {
    local words typed answer lines line value paths before path found=() files=() cut
    COMPREPLY=()
    _strata_words
    # A home directory is the shell's to expand.
    answer=$("${words[0]/#\~/$HOME}" __complete "${words[@]:1}" 2>/dev/null) || return 0
    mapfile -t lines <<<"$answer"
    paths=${lines[0]#:}
    before=${paths#"${paths%% *}"}
    before=${before# }
    paths=${paths%% *}
    for line in "${lines[@]:1}"; do found+=("${line%%$'\t'*}"); done

    local current=${words[${#words[@]} - 1]}
    # Within quotes bash breaks nothing.
    cut=
    if [[ $typed != [\"\']* ]]; then
        for value in : =; do
            [[ $COMP_WORDBREAKS == *$value* && ${current%"$value"*} != "$current" ]] || continue
            value=${current%"${current##*"$value"}"}
            ((${#value} > ${#cut})) && cut=$value
        done
    fi

    path=${current#"$before"}
    case $paths in
    files) mapfile -t files < <(compgen -f -- "$path") ;;
    dirs) mapfile -t files < <(compgen -d -- "$path") ;;
    esac
    if ((${#found[@]} == 0)); then
        # bash writes slashes and quotes itself.
        compopt -o filenames 2>/dev/null
        for value in "${files[@]}"; do
            value=$before$value
            COMPREPLY+=("${value#"$cut"}")
        done
        return 0
    fi
    for value in "${files[@]}"; do
        [[ -d ${value/#\~/$HOME} ]] && value+=/
        found+=("$before$value")
    done
    for value in "${found[@]}"; do
        value=${value#"$cut"}
        # Relations such as < must not redirect; a quote that was begun goes on by itself.
        [[ $typed == [\"\']* || $value != *[!A-Za-z0-9_./:=,@%+~-]* ]] || printf -v value %q "$value"
        COMPREPLY+=("$value")
    done
    if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *[=:/\<\>] ]]; then compopt -o nospace 2>/dev/null; fi
    return 0
}

complete -F _strata strata
