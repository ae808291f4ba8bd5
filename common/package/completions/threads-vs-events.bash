# Completions for the programs of threads-vs-events.
# Generated from their --help by `make completions`; do not edit.

_threads_vs_events()
{
    local command=${1##*/} word=${COMP_WORDS[COMP_CWORD]}
    local option=${COMP_WORDS[COMP_CWORD - 1]} options=() values=()

    # To bash, = is a word of its own.
    if [[ $word == = ]]; then
        word=
    elif [[ $option == = ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case $command in
    charfinder-threaded)
        options=(
            --host= --http-port= --port= --tcp-port= --quiet --threads= --user=
            --drain-timeout= --http-idle-timeout= --idle-timeout= --lame-duck=
            --line-timeout= --max-connections= --max-line= --stall-timeout=
            --help --usage --version
        ) ;;
    charfinder-evented)
        options=(
            --host= --http-port= --loops= --port= --tcp-port= --quiet --user=
            --drain-timeout= --http-idle-timeout= --idle-timeout= --lame-duck=
            --line-timeout= --max-connections= --max-line= --stall-timeout=
            --help --usage --version
        ) ;;
    echo-server-threaded)
        options=(
            --host= --idle-timeout= --lame-duck= --max-connections= --port=
            --help --usage --version
        ) ;;
    echo-server-evented)
        options=(
            --host= --idle-timeout= --lame-duck= --max-connections= --port=
            --help --usage --version
        ) ;;
    flag-server-threaded)
        options=(
            --delay= --delay-port= --delay-rate= --directory= --error-port=
            --error-rate= --error-status= --fault= --host= --port= --quiet
            --retry-after= --second-edition --seed= --size= --threads= --user=
            --drain-timeout= --idle-timeout= --lame-duck= --line-timeout=
            --max-connections= --stall-timeout= --help --usage --version
        ) ;;
    flag-server-evented)
        options=(
            --delay= --delay-port= --delay-rate= --directory= --error-port=
            --error-rate= --error-status= --fault= --host= --loops= --port=
            --quiet --retry-after= --second-edition --seed= --size= --user=
            --drain-timeout= --idle-timeout= --lame-duck= --line-timeout=
            --max-connections= --stall-timeout= --help --usage --version
        ) ;;
    flags-threaded)
        options=(
            --all --every --limit= --max_req= --max-req= --server= --verbose
            --base-url= --names --report= --show --suffix= --directory= --fsync
            --times= --max-bytes= --max-time= --retries= --timeout= --help
            --usage --version
        ) ;;
    flags-evented)
        options=(
            --all --every --limit= --max_req= --max-req= --server= --verbose
            --base-url= --names --report= --show --suffix= --directory= --fsync
            --savers= --times= --max-bytes= --max-time= --retries= --timeout=
            --help --usage --version
        ) ;;
    guess-client-threaded)
        options=(
            --answer-timeout= --ask --count= --host= --lang= --port= --words=
            --help --usage --version
        ) ;;
    guess-client-evented)
        options=(
            --answer-timeout= --ask --count= --host= --lang= --port= --words=
            --help --usage --version
        ) ;;
    guess-server-threaded)
        options=(
            --host= --lang= --port= --quiet --seed= --strategy= --threads=
            --user= --drain-timeout= --idle-timeout= --lame-duck=
            --line-timeout= --max-connections= --max-line= --stall-timeout=
            --block= --work= --help --usage --version
        ) ;;
    guess-server-evented)
        options=(
            --host= --lang= --loops= --port= --quiet --seed= --strategy= --user=
            --drain-timeout= --idle-timeout= --lame-duck= --line-timeout=
            --max-connections= --max-line= --stall-timeout= --block= --pool=
            --work= --help --usage --version
        ) ;;
    push-server-threaded)
        options=(
            --epoch= --history= --host= --origin= --port= --publish= --quiet
            --stream-delays= --threads= --user= --workers= --beat=
            --drain-timeout= --idle-timeout= --lame-duck= --line-timeout=
            --max-buffered= --max-connections= --max-message= --max-wait=
            --stall-timeout= --help --usage --version
        ) ;;
    push-server-evented)
        options=(
            --epoch= --history= --host= --loops= --origin= --port= --publish=
            --quiet --stream-delays= --user= --workers= --beat= --drain-timeout=
            --idle-timeout= --lame-duck= --line-timeout= --max-buffered=
            --max-connections= --max-message= --max-wait= --stall-timeout=
            --help --usage --version
        ) ;;
    spinner-threaded)
        options=(
            --block --frames= --interval= --message= --seconds= --help --usage
            --version
        ) ;;
    spinner-evented)
        options=(
            --block --frames= --interval= --message= --seconds= --help --usage
            --version
        ) ;;
    charfind)
        options=(
            --format= --json --limit= --order= --words= --help --usage --version
        ) ;;
    threads-vs-events)
        options=(
            --baseline= --beside= --check --cost= --full --hosts= --list --only=
            --peer= --peer-speaks= --render= --resume= --standard --blocks=
            --environment= --load= --netem= --output= --ports= --public
            --seconds= --seed= --server= --there= --via= --help --usage
            --version
        ) ;;
    esac
    case "$command $option" in
    'charfinder-threaded --host' | 'charfinder-evented --host' | \
    'echo-server-threaded --host' | 'echo-server-evented --host' | \
    'flag-server-threaded --host' | 'flag-server-evented --host' | \
    'guess-server-threaded --host' | 'guess-server-evented --host' | \
    'push-server-threaded --host' | 'push-server-evented --host')
        values=(-A hostname) ;;
    'charfinder-threaded --user' | 'charfinder-evented --user' | \
    'flag-server-threaded --user' | 'flag-server-evented --user' | \
    'guess-server-threaded --user' | 'guess-server-evented --user' | \
    'push-server-threaded --user' | 'push-server-evented --user')
        values=(-u) ;;
    'flag-server-threaded --directory' | 'flag-server-evented --directory')
        values=(-d); compopt -o filenames ;;
    'flag-server-threaded --fault' | 'flag-server-evented --fault')
        values=(-W 'abort close hang cut long twice slow garbage bad-chunk loop bare-lf') ;;
    'flag-server-threaded --size' | 'flag-server-evented --size')
        values=(-W 'book') ;;
    'flags-threaded -s' | 'flags-threaded --server' | 'flags-evented -s' | \
    'flags-evented --server')
        values=(-W 'DELAY ERROR LOCAL REMOTE') ;;
    'flags-threaded --report' | 'flags-evented --report')
        values=(-f); compopt -o filenames ;;
    'flags-threaded --suffix' | 'flags-evented --suffix')
        values=(-W 'gif png') ;;
    'flags-threaded -d' | 'flags-threaded --directory' | 'flags-evented -d' | \
    'flags-evented --directory')
        values=(-d); compopt -o filenames ;;
    'guess-client-threaded --host' | 'guess-client-evented --host')
        values=(-A hostname) ;;
    'guess-client-threaded --lang' | 'guess-client-evented --lang')
        values=(-W 'en ko') ;;
    'guess-client-threaded --words' | 'guess-client-evented --words')
        values=(-W 'en ko') ;;
    'guess-server-threaded --lang' | 'guess-server-evented --lang')
        values=(-W 'en ko') ;;
    'guess-server-threaded --strategy' | 'guess-server-evented --strategy')
        values=(-W 'random bisect') ;;
    'push-server-threaded --publish' | 'push-server-evented --publish')
        values=(-W 'any none local') ;;
    'spinner-threaded --frames' | 'spinner-evented --frames')
        values=(-W '1 2') ;;
    'charfind --order')
        values=(-W 'relevance code') ;;
    'threads-vs-events --baseline')
        values=(-f); compopt -o filenames ;;
    'threads-vs-events --beside')
        values=(-f); compopt -o filenames ;;
    'threads-vs-events --cost')
        values=(-f); compopt -o filenames ;;
    'threads-vs-events --hosts')
        values=(-W 'check') ;;
    'threads-vs-events --only')
        values=(-W "$("$1" --list | sed -n 's/^\([^ ]\+\) .*/\1/p')")
        [[ $word == *,* ]] && values+=(-P "${word%,*},")
        word=${word##*,} ;;
    'threads-vs-events --peer-speaks')
        values=(-W 'game charfinder http push echo flag-server flags spinner') ;;
    'threads-vs-events --render')
        values=(-f); compopt -o filenames ;;
    'threads-vs-events --resume')
        values=(-d); compopt -o filenames ;;
    'threads-vs-events --environment')
        values=(-W 'full') ;;
    'threads-vs-events --output')
        values=(-d); compopt -o filenames ;;
    'threads-vs-events --server')
        values=(-A hostname) ;;
    esac
    COMPREPLY=()
    if (( ${#values[@]} == 0 )); then
        [[ " ${options[*]} " == *" $option= "* ]] && return
        if [[ $word == -* ]]; then
            values=(-W "${options[*]}")
        elif [[ $command == spinner-* ]]; then
            values=(-A command -A file)
        else
            return
        fi
    fi
    mapfile -t COMPREPLY < <(compgen "${values[@]}" -- "$word")
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace
    fi
}

complete -F _threads_vs_events \
    charfinder-threaded charfinder-evented echo-server-threaded \
    echo-server-evented flag-server-threaded flag-server-evented \
    flags-threaded flags-evented guess-client-threaded guess-client-evented \
    guess-server-threaded guess-server-evented push-server-threaded \
    push-server-evented spinner-threaded spinner-evented charfind \
    threads-vs-events
