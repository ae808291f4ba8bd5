#compdef charfinder-threaded charfinder-evented echo-server-threaded echo-server-evented flag-server-threaded flag-server-evented flags-threaded flags-evented guess-client-threaded guess-client-evented guess-server-threaded guess-server-evented push-server-threaded push-server-evented spinner-threaded spinner-evented charfind threads-vs-events
# Completions for the programs of threads-vs-events.
# Generated from their --help by `make completions`; do not edit.

_threads_vs_events_scenarios() {
    local -a lines=(${(f)"$(_call_program scenarios $words[1] --list)"})
    _sequence compadd - ${${(M)lines:#[^ ]*}%% *}
}

case $service in
charfinder-threaded)
    _arguments -s -S \
        '--host=[listen on ADDR, an address or a name]:ADDR:_hosts' \
        '--http-port=[serve HTTP at port N, 0 for any free one, or off]:N: ' \
        '(--port --tcp-port)--port=[serve telnet at port N, 0 for any free one, or off]:N: ' \
        '(--port --tcp-port)--tcp-port=[serve telnet at port N, 0 for any free one, or off]:N: ' \
        '--quiet[do not log requests]' \
        '--threads=[serve with a pool of N threads]:N: ' \
        '--user=[after binding the port, switch to user NAME permanently]:NAME:_users' \
        '--drain-timeout=[from SIGTERM or SIGINT until the remaining connections are closed]:S: ' \
        '--http-idle-timeout=[between two HTTP requests of a client]:S: ' \
        '--idle-timeout=[between two lines or requests of a client]:S: ' \
        '--lame-duck=[after SIGTERM, serve S seconds more before stopping]:S: ' \
        '--line-timeout=[to complete a line or a request, from its first byte]:S: ' \
        '--max-connections=[clients at once]:N: ' \
        '--max-line=[longest line, without its end]:BYTES: ' \
        '--stall-timeout=[until a client that accepts no data is disconnected]:S: ' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]'
    ;;
charfinder-evented)
    _arguments -s -S \
        '--host=[listen on ADDR, an address or a name]:ADDR:_hosts' \
        '--http-port=[serve HTTP at port N, 0 for any free one, or off]:N: ' \
        '--loops=[run N event loops in N threads]:N: ' \
        '(--port --tcp-port)--port=[serve telnet at port N, 0 for any free one, or off]:N: ' \
        '(--port --tcp-port)--tcp-port=[serve telnet at port N, 0 for any free one, or off]:N: ' \
        '--quiet[do not log requests]' \
        '--user=[after binding the port, switch to user NAME permanently]:NAME:_users' \
        '--drain-timeout=[from SIGTERM or SIGINT until the remaining connections are closed]:S: ' \
        '--http-idle-timeout=[between two HTTP requests of a client]:S: ' \
        '--idle-timeout=[between two lines or requests of a client]:S: ' \
        '--lame-duck=[after SIGTERM, serve S seconds more before stopping]:S: ' \
        '--line-timeout=[to complete a line or a request, from its first byte]:S: ' \
        '--max-connections=[clients at once]:N: ' \
        '--max-line=[longest line, without its end]:BYTES: ' \
        '--stall-timeout=[until a client that accepts no data is disconnected]:S: ' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]'
    ;;
echo-server-threaded)
    _arguments -s -S \
        '--host=[listen on ADDR, an address or a name]:ADDR:_hosts' \
        '--idle-timeout=[seconds until a client that sends or accepts nothing is disconnected, fractions allowed]:S: ' \
        '--lame-duck=[after SIGTERM, serve S seconds more before stopping]:S: ' \
        '--max-connections=[clients at once]:N: ' \
        '--port=[listen on port N, 0 for any free one]:N: ' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]'
    ;;
echo-server-evented)
    _arguments -s -S \
        '--host=[listen on ADDR, an address or a name]:ADDR:_hosts' \
        '--idle-timeout=[seconds until a client that sends or accepts nothing is disconnected, fractions allowed]:S: ' \
        '--lame-duck=[after SIGTERM, serve S seconds more before stopping]:S: ' \
        '--max-connections=[clients at once]:N: ' \
        '--port=[listen on port N, 0 for any free one]:N: ' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]'
    ;;
flag-server-threaded)
    _arguments -s -S \
        '--delay=[seconds before a delayed answer]:S[..S]: ' \
        '--delay-port=[delay answers at port N, 0 for any free one, or off]:N: ' \
        '--delay-rate=[share of requests to the error port that are delayed]:SHARE: ' \
        '--directory=[serve the flags in DIR]:DIR:_files -/' \
        '--error-port=[fail some requests at port N, 0 for any free one, or off]:N: ' \
        '--error-rate=[share of requests to the error port that fail]:SHARE: ' \
        '--error-status=[statuses that errors have]:LIST: ' \
        '--fault=[what happens instead of an error]:KIND:(abort close hang cut long twice slow garbage bad-chunk loop bare-lf)' \
        '--host=[listen on ADDR, an address or a name]:ADDR:_hosts' \
        '--port=[answer at once at port N, 0 for any free one, or off]:N: ' \
        '--quiet[do not log requests]' \
        '--retry-after=[send Retry-After]:S: ' \
        '--second-edition[behave like the book'\''s second edition]' \
        '--seed=[seed of delays and errors]:N: ' \
        '--size=[bytes of each generated flag]:N|book:(book)' \
        '--threads=[serve with a pool of N threads]:N: ' \
        '--user=[after binding the port, switch to user NAME permanently]:NAME:_users' \
        '--drain-timeout=[from SIGTERM or SIGINT until the remaining connections are closed]:S: ' \
        '--idle-timeout=[between two lines or requests of a client]:S: ' \
        '--lame-duck=[after SIGTERM, serve S seconds more before stopping]:S: ' \
        '--line-timeout=[to complete a line or a request, from its first byte]:S: ' \
        '--max-connections=[clients at once]:N: ' \
        '--stall-timeout=[until a client that accepts no data is disconnected]:S: ' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]'
    ;;
flag-server-evented)
    _arguments -s -S \
        '--delay=[seconds before a delayed answer]:S[..S]: ' \
        '--delay-port=[delay answers at port N, 0 for any free one, or off]:N: ' \
        '--delay-rate=[share of requests to the error port that are delayed]:SHARE: ' \
        '--directory=[serve the flags in DIR]:DIR:_files -/' \
        '--error-port=[fail some requests at port N, 0 for any free one, or off]:N: ' \
        '--error-rate=[share of requests to the error port that fail]:SHARE: ' \
        '--error-status=[statuses that errors have]:LIST: ' \
        '--fault=[what happens instead of an error]:KIND:(abort close hang cut long twice slow garbage bad-chunk loop bare-lf)' \
        '--host=[listen on ADDR, an address or a name]:ADDR:_hosts' \
        '--loops=[run N event loops in N threads]:N: ' \
        '--port=[answer at once at port N, 0 for any free one, or off]:N: ' \
        '--quiet[do not log requests]' \
        '--retry-after=[send Retry-After]:S: ' \
        '--second-edition[behave like the book'\''s second edition]' \
        '--seed=[seed of delays and errors]:N: ' \
        '--size=[bytes of each generated flag]:N|book:(book)' \
        '--user=[after binding the port, switch to user NAME permanently]:NAME:_users' \
        '--drain-timeout=[from SIGTERM or SIGINT until the remaining connections are closed]:S: ' \
        '--idle-timeout=[between two lines or requests of a client]:S: ' \
        '--lame-duck=[after SIGTERM, serve S seconds more before stopping]:S: ' \
        '--line-timeout=[to complete a line or a request, from its first byte]:S: ' \
        '--max-connections=[clients at once]:N: ' \
        '--stall-timeout=[until a client that accepts no data is disconnected]:S: ' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]'
    ;;
flags-threaded)
    _arguments -s -S \
        '(-a --all)-a[get all available flags]' \
        '(-a --all)--all[get all available flags]' \
        '(-e --every)-e[get flags for every possible code]' \
        '(-e --every)--every[get flags for every possible code]' \
        '(-l --limit)-l+[limit to N first codes]:N: ' \
        '(-l --limit)--limit=[limit to N first codes]:N: ' \
        '(-m --max_req --max-req)-m+[maximum concurrent requests]:CONCURRENT: ' \
        '(-m --max_req --max-req)--max_req=[maximum concurrent requests]:CONCURRENT: ' \
        '(-m --max_req --max-req)--max-req=[maximum concurrent requests]:CONCURRENT: ' \
        '(-s --server)-s+[server to hit]:LABEL:(DELAY ERROR LOCAL REMOTE)' \
        '(-s --server)--server=[server to hit]:LABEL:(DELAY ERROR LOCAL REMOTE)' \
        '(-v --verbose)-v[print a line for each flag]' \
        '(-v --verbose)--verbose[print a line for each flag]' \
        '--base-url=[get the flags below URL]:URL: ' \
        '--names[name files by country, with a second request per flag]' \
        '--report=[write a JSON object for each flag to FILE]:FILE:_files' \
        '--show[print each code as its flag is saved]' \
        '--suffix=[kind of the images]:gif|png:(gif png)' \
        '(-d --directory)-d+[save files in DIR]:DIR:_files -/' \
        '(-d --directory)--directory=[save files in DIR]:DIR:_files -/' \
        '--fsync[count a file only once it is on the disk]' \
        '--times=[write each image N times to its file]:N: ' \
        '--max-bytes=[largest image]:N: ' \
        '--max-time=[for a request as a whole]:S: ' \
        '--retries=[retry a failed request up to N times]:N: ' \
        '--timeout=[to wait for a byte from the server]:S: ' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]'
    ;;
flags-evented)
    _arguments -s -S \
        '(-a --all)-a[get all available flags]' \
        '(-a --all)--all[get all available flags]' \
        '(-e --every)-e[get flags for every possible code]' \
        '(-e --every)--every[get flags for every possible code]' \
        '(-l --limit)-l+[limit to N first codes]:N: ' \
        '(-l --limit)--limit=[limit to N first codes]:N: ' \
        '(-m --max_req --max-req)-m+[maximum concurrent requests]:CONCURRENT: ' \
        '(-m --max_req --max-req)--max_req=[maximum concurrent requests]:CONCURRENT: ' \
        '(-m --max_req --max-req)--max-req=[maximum concurrent requests]:CONCURRENT: ' \
        '(-s --server)-s+[server to hit]:LABEL:(DELAY ERROR LOCAL REMOTE)' \
        '(-s --server)--server=[server to hit]:LABEL:(DELAY ERROR LOCAL REMOTE)' \
        '(-v --verbose)-v[print a line for each flag]' \
        '(-v --verbose)--verbose[print a line for each flag]' \
        '--base-url=[get the flags below URL]:URL: ' \
        '--names[name files by country, with a second request per flag]' \
        '--report=[write a JSON object for each flag to FILE]:FILE:_files' \
        '--show[print each code as its flag is saved]' \
        '--suffix=[kind of the images]:gif|png:(gif png)' \
        '(-d --directory)-d+[save files in DIR]:DIR:_files -/' \
        '(-d --directory)--directory=[save files in DIR]:DIR:_files -/' \
        '--fsync[count a file only once it is on the disk]' \
        '--savers=[save files in N threads]:N: ' \
        '--times=[write each image N times to its file]:N: ' \
        '--max-bytes=[largest image]:N: ' \
        '--max-time=[for a request as a whole]:S: ' \
        '--retries=[retry a failed request up to N times]:N: ' \
        '--timeout=[to wait for a byte from the server]:S: ' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]'
    ;;
guess-client-threaded)
    _arguments -s -S \
        '--answer-timeout=[seconds that the server may take to answer, fractions allowed]:S: ' \
        '--ask[keep the secret in your head and answer each guess yourself]' \
        '--count=[end a game after N guesses]:N: ' \
        '--host=[the server'\''s address or name]:ADDR:_hosts' \
        '--lang=[language of the output and the questions]:en|ko:(en ko)' \
        '--port=[the server'\''s port]:N: ' \
        '--words=[language of the decisions sent to the server]:en|ko:(en ko)' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]'
    ;;
guess-client-evented)
    _arguments -s -S \
        '--answer-timeout=[seconds that the server may take to answer, fractions allowed]:S: ' \
        '--ask[keep the secret in your head and answer each guess yourself]' \
        '--count=[end a game after N guesses]:N: ' \
        '--host=[the server'\''s address or name]:ADDR:_hosts' \
        '--lang=[language of the output and the questions]:en|ko:(en ko)' \
        '--port=[the server'\''s port]:N: ' \
        '--words=[language of the decisions sent to the server]:en|ko:(en ko)' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]'
    ;;
guess-server-threaded)
    _arguments -s -S \
        '--host=[listen on ADDR, an address or a name]:ADDR:_hosts' \
        '--lang=[language of the console]:en|ko:(en ko)' \
        '--port=[listen on port N, 0 for any free one]:N: ' \
        '--quiet[do not log requests]' \
        '--seed=[seed of the guesses]:N: ' \
        '--strategy=[random, or bisect]:NAME:(random bisect)' \
        '--threads=[serve with a pool of N threads]:N: ' \
        '--user=[after binding the port, switch to user NAME permanently]:NAME:_users' \
        '--drain-timeout=[from SIGTERM or SIGINT until the remaining connections are closed]:S: ' \
        '--idle-timeout=[between two lines or requests of a client]:S: ' \
        '--lame-duck=[after SIGTERM, serve S seconds more before stopping]:S: ' \
        '--line-timeout=[to complete a line or a request, from its first byte]:S: ' \
        '--max-connections=[clients at once]:N: ' \
        '--max-line=[longest line, without its end]:BYTES: ' \
        '--stall-timeout=[until a client that accepts no data is disconnected]:S: ' \
        '--block=[block for MS milliseconds, as a synchronous database call does]:MS: ' \
        '--work=[burn US microseconds of CPU time]:US: ' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]'
    ;;
guess-server-evented)
    _arguments -s -S \
        '--host=[listen on ADDR, an address or a name]:ADDR:_hosts' \
        '--lang=[language of the console]:en|ko:(en ko)' \
        '--loops=[run N event loops in N threads]:N: ' \
        '--port=[listen on port N, 0 for any free one]:N: ' \
        '--quiet[do not log requests]' \
        '--seed=[seed of the guesses]:N: ' \
        '--strategy=[random, or bisect]:NAME:(random bisect)' \
        '--user=[after binding the port, switch to user NAME permanently]:NAME:_users' \
        '--drain-timeout=[from SIGTERM or SIGINT until the remaining connections are closed]:S: ' \
        '--idle-timeout=[between two lines or requests of a client]:S: ' \
        '--lame-duck=[after SIGTERM, serve S seconds more before stopping]:S: ' \
        '--line-timeout=[to complete a line or a request, from its first byte]:S: ' \
        '--max-connections=[clients at once]:N: ' \
        '--max-line=[longest line, without its end]:BYTES: ' \
        '--stall-timeout=[until a client that accepts no data is disconnected]:S: ' \
        '--block=[block for MS milliseconds, as a synchronous database call does]:MS: ' \
        '--pool=[block in N threads beside the event loops]:N: ' \
        '--work=[burn US microseconds of CPU time]:US: ' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]'
    ;;
push-server-threaded)
    _arguments -s -S \
        '--epoch=[first part of message ids, for tests]:N: ' \
        '--history=[keep the last N messages of each channel]:N: ' \
        '--host=[listen on ADDR, an address or a name]:ADDR:_hosts' \
        '*--origin=[let pages of URL publish, listen and open WebSockets, too]:URL: ' \
        '--port=[serve HTTP at port N, 0 for any free one]:N: ' \
        '--publish=[who may publish]:WHO:(any none local)' \
        '--quiet[do not log requests]' \
        '--stream-delays=[seconds before MIDDLE and before END of /stream]:S,S: ' \
        '--threads=[serve with a pool of N threads]:N: ' \
        '--user=[after binding the port, switch to user NAME permanently]:NAME:_users' \
        '--workers=[make pieces of /fetch in N threads]:N: ' \
        '--beat=[of silence before a comment or a ping is sent]:S: ' \
        '--drain-timeout=[from SIGTERM or SIGINT until the remaining connections are closed]:S: ' \
        '--idle-timeout=[between two lines or requests of a client]:S: ' \
        '--lame-duck=[after SIGTERM, serve S seconds more before stopping]:S: ' \
        '--line-timeout=[to complete a line or a request, from its first byte]:S: ' \
        '--max-buffered=[all WebSocket messages being received or answered]:BYTES: ' \
        '--max-connections=[clients at once]:N: ' \
        '--max-message=[longest message from a WebSocket]:BYTES: ' \
        '--max-wait=[longest and default wait of a poll]:S: ' \
        '--stall-timeout=[until a client that accepts no data is disconnected]:S: ' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]'
    ;;
push-server-evented)
    _arguments -s -S \
        '--epoch=[first part of message ids, for tests]:N: ' \
        '--history=[keep the last N messages of each channel]:N: ' \
        '--host=[listen on ADDR, an address or a name]:ADDR:_hosts' \
        '--loops=[run N event loops in N threads]:N: ' \
        '*--origin=[let pages of URL publish, listen and open WebSockets, too]:URL: ' \
        '--port=[serve HTTP at port N, 0 for any free one]:N: ' \
        '--publish=[who may publish]:WHO:(any none local)' \
        '--quiet[do not log requests]' \
        '--stream-delays=[seconds before MIDDLE and before END of /stream]:S,S: ' \
        '--user=[after binding the port, switch to user NAME permanently]:NAME:_users' \
        '--workers=[make pieces of /fetch in N threads]:N: ' \
        '--beat=[of silence before a comment or a ping is sent]:S: ' \
        '--drain-timeout=[from SIGTERM or SIGINT until the remaining connections are closed]:S: ' \
        '--idle-timeout=[between two lines or requests of a client]:S: ' \
        '--lame-duck=[after SIGTERM, serve S seconds more before stopping]:S: ' \
        '--line-timeout=[to complete a line or a request, from its first byte]:S: ' \
        '--max-buffered=[all WebSocket messages being received or answered]:BYTES: ' \
        '--max-connections=[clients at once]:N: ' \
        '--max-message=[longest message from a WebSocket]:BYTES: ' \
        '--max-wait=[longest and default wait of a poll]:S: ' \
        '--stall-timeout=[until a client that accepts no data is disconnected]:S: ' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]'
    ;;
spinner-threaded)
    _arguments -s -S \
        '--block[let the slow function block where it is called]' \
        '--frames=[frames of the book'\''s first or second edition]:1|2:(1 2)' \
        '--interval=[from one frame to the next]:S: ' \
        '--message=[text beside the spinner]:TEXT: ' \
        '--seconds=[how long the slow function takes]:S: ' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]' \
        '(-)1:command:_command_names -e' \
        '*::argument:_normal'
    ;;
spinner-evented)
    _arguments -s -S \
        '--block[let the slow function block where it is called]' \
        '--frames=[frames of the book'\''s first or second edition]:1|2:(1 2)' \
        '--interval=[from one frame to the next]:S: ' \
        '--message=[text beside the spinner]:TEXT: ' \
        '--seconds=[how long the slow function takes]:S: ' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]' \
        '(-)1:command:_command_names -e' \
        '*::argument:_normal'
    ;;
charfind)
    _arguments -s -S \
        '--format=[print FORMAT for each character and nothing else]:FORMAT: ' \
        '--json[print JSON]' \
        '(-n --limit)-n+[print at most N characters]:N: ' \
        '(-n --limit)--limit=[print at most N characters]:N: ' \
        '--order=[relevance]:ORDER:(relevance code)' \
        '--words=[print the N most frequent words of names, with counts]:N: ' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]'
    ;;
threads-vs-events)
    _arguments -s -S \
        '--baseline=[also print what has changed since an earlier report.json of this machine]:FILE:_files' \
        '--beside=[also say which findings survive the network]:FILE:_files' \
        '--check[compare the answers only]' \
        '--cost=[also print what clients cost at the prices of FILE, which has core_hour and gib_hour]:FILE:_files' \
        '--full[run all scenarios]' \
        '--hosts=[say what --server and --load would use and what is wrong]:check:(check)' \
        '--list[list the scenarios, of a suite or all, and how long they take]' \
        '--only=[run only these scenarios]:NAME,...:_threads_vs_events_scenarios' \
        '--peer=[also check and race a server of yours]:NAME=COMMAND {port}: ' \
        '--peer-speaks=[protocol of the peers]:WHAT:(game charfinder http push echo flag-server flags spinner)' \
        '--render=[print the tables of an earlier report.json and make its page]:FILE:_files' \
        '--resume=[continue the interrupted run in DIR]:DIR:_files -/' \
        '--standard[run more scenarios]' \
        '--blocks=[run N blocks of each scenario]:N: ' \
        '--environment=[also show paths, commands and the kernel'\''s command line on the page]:full:(full)' \
        '--load=[load the servers of --server from these hosts, by N generators on each, which need a processor each]:HOST[=ADDRESS][*N],...: ' \
        '--netem=[put an emulated network between load and servers, in namespaces of this machine]:[DELAY][,loss=P%][,rate=R]: ' \
        '--output=[write report.json and index.html to DIR]:DIR:_files -/' \
        '--ports=[have the servers on HOST listen at these ports, which a firewall lets through]:A-B: ' \
        '--public[allow an ADDRESS that is not private]' \
        '--seconds=[measure for S seconds in each run]:S: ' \
        '--seed=[use the conversations and the order of the run with seed N]:N: ' \
        '--server=[run the servers on HOST, reached by ssh, where they listen at ADDRESS]:HOST[=ADDRESS]:_hosts' \
        '--there=[where this program is on each HOST]:PATH: ' \
        '--via=[run programs on HOST by CMD, not by ssh]:CMD {host}: ' \
        '(-? --help)-?[Give this help list]' \
        '(-? --help)--help[Give this help list]' \
        '--usage[Give a short usage message]' \
        '(-V --version)-V[Print program version]' \
        '(-V --version)--version[Print program version]'
    ;;
esac
