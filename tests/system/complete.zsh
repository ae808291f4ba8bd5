# What zsh offers for each line of standard input: the line behind "== ", then
# a word a line.
#
#   zsh -f complete.zsh FOLDER PIPE < LINES
#
# FOLDER has the completion functions, PIPE is a named pipe. Completion needs a
# terminal: an interactive zsh in one sources this file, too, completes the
# lines at a single key, as keys typed meanwhile might be lost, and writes to
# PIPE what it would offer.

if [[ -n $OFFERS ]]; then
    PS1= PS2=
    setopt no_auto_menu no_auto_list
    fpath=($COMPLETIONS $fpath)
    autoload -Uz compinit
    compinit -D -u
    exec {offers}>$OFFERS
    compadd() {
        local -a hits
        # Not where the caller wants the hits for itself.
        if [[ -z ${@[(r)-[OAD]*]} ]]; then
            builtin compadd -A hits "$@"
            (( $#hits )) && print -rlu $offers -- $hits
        fi
        builtin compadd "$@"
    }
    complete_all() {
        local line
        for line in "${(@f)TYPED}"; do
            print -ru $offers -- "== $line"
            BUFFER=$line CURSOR=$#line
            zle complete-word
        done
        exec {offers}>&-
    }
    zle -N complete_all
    bindkey '^I' complete_all
    return
fi

export COMPLETIONS=$1 OFFERS=$2 TYPED=$(cat)
zmodload zsh/zpty
zpty inner TERM=dumb zsh -f -i
zpty -w inner "source ${(q)0}"
exec {offers}<$OFFERS
zpty -n -w inner $'\t'
cat <&$offers
zpty -d inner
