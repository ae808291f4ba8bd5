# Completions for the programs of threads-vs-events.
# Generated from their --help by `make completions`; do not edit.

complete -c charfinder-threaded -f
complete -c charfinder-evented -f
complete -c echo-server-threaded -f
complete -c echo-server-evented -f
complete -c flag-server-threaded -f
complete -c flag-server-evented -f
complete -c flags-threaded -f
complete -c flags-evented -f
complete -c guess-client-threaded -f
complete -c guess-client-evented -f
complete -c guess-server-threaded -f
complete -c guess-server-evented -f
complete -c push-server-threaded -f
complete -c push-server-evented -f
complete -c spinner-threaded -x -a '(__fish_complete_subcommand)'
complete -c spinner-evented -x -a '(__fish_complete_subcommand)'
complete -c charfind -f
complete -c threads-vs-events -f
complete -c charfinder-threaded -c charfinder-evented -c echo-server-threaded \
    -c echo-server-evented -c flag-server-threaded -c flag-server-evented \
    -c guess-server-threaded -c guess-server-evented -c push-server-threaded \
    -c push-server-evented -l host -x -a '(__fish_print_hostnames)' \
    -d 'listen on ADDR, an address or a name'
complete -c charfinder-threaded -c charfinder-evented -l http-port -x \
    -d 'serve HTTP at port N, 0 for any free one, or off'
complete -c charfinder-threaded -c charfinder-evented -l port -l tcp-port -x \
    -d 'serve telnet at port N, 0 for any free one, or off'
complete -c charfinder-threaded -c charfinder-evented -c flag-server-threaded \
    -c flag-server-evented -c guess-server-threaded -c guess-server-evented \
    -c push-server-threaded -c push-server-evented -l quiet \
    -d 'do not log requests'
complete -c charfinder-threaded -c flag-server-threaded \
    -c guess-server-threaded -c push-server-threaded -l threads -x \
    -d 'serve with a pool of N threads'
complete -c charfinder-threaded -c charfinder-evented -c flag-server-threaded \
    -c flag-server-evented -c guess-server-threaded -c guess-server-evented \
    -c push-server-threaded -c push-server-evented -l user \
    -x -a '(__fish_complete_users)' \
    -d 'after binding the port, switch to user NAME permanently'
complete -c charfinder-threaded -c charfinder-evented -c flag-server-threaded \
    -c flag-server-evented -c guess-server-threaded -c guess-server-evented \
    -c push-server-threaded -c push-server-evented -l drain-timeout -x \
    -d 'from SIGTERM or SIGINT until the remaining connections are closed'
complete -c charfinder-threaded -c charfinder-evented -l http-idle-timeout -x \
    -d 'between two HTTP requests of a client'
complete -c charfinder-threaded -c charfinder-evented -c flag-server-threaded \
    -c flag-server-evented -c guess-server-threaded -c guess-server-evented \
    -c push-server-threaded -c push-server-evented -l idle-timeout -x \
    -d 'between two lines or requests of a client'
complete -c charfinder-threaded -c charfinder-evented -c echo-server-threaded \
    -c echo-server-evented -c flag-server-threaded -c flag-server-evented \
    -c guess-server-threaded -c guess-server-evented -c push-server-threaded \
    -c push-server-evented -l lame-duck -x \
    -d 'after SIGTERM, serve S seconds more before stopping'
complete -c charfinder-threaded -c charfinder-evented -c flag-server-threaded \
    -c flag-server-evented -c guess-server-threaded -c guess-server-evented \
    -c push-server-threaded -c push-server-evented -l line-timeout -x \
    -d 'to complete a line or a request, from its first byte'
complete -c charfinder-threaded -c charfinder-evented -c echo-server-threaded \
    -c echo-server-evented -c flag-server-threaded -c flag-server-evented \
    -c guess-server-threaded -c guess-server-evented -c push-server-threaded \
    -c push-server-evented -l max-connections -x -d 'clients at once'
complete -c charfinder-threaded -c charfinder-evented -c guess-server-threaded \
    -c guess-server-evented -l max-line -x -d 'longest line, without its end'
complete -c charfinder-threaded -c charfinder-evented -c flag-server-threaded \
    -c flag-server-evented -c guess-server-threaded -c guess-server-evented \
    -c push-server-threaded -c push-server-evented -l stall-timeout -x \
    -d 'until a client that accepts no data is disconnected'
complete -c charfinder-threaded -c charfinder-evented -c echo-server-threaded \
    -c echo-server-evented -c flag-server-threaded -c flag-server-evented \
    -c flags-threaded -c flags-evented -c guess-client-threaded \
    -c guess-client-evented -c guess-server-threaded -c guess-server-evented \
    -c push-server-threaded -c push-server-evented -c spinner-threaded \
    -c spinner-evented -c charfind -c threads-vs-events -s '?' -l help \
    -d 'Give this help list'
complete -c charfinder-threaded -c charfinder-evented -c echo-server-threaded \
    -c echo-server-evented -c flag-server-threaded -c flag-server-evented \
    -c flags-threaded -c flags-evented -c guess-client-threaded \
    -c guess-client-evented -c guess-server-threaded -c guess-server-evented \
    -c push-server-threaded -c push-server-evented -c spinner-threaded \
    -c spinner-evented -c charfind -c threads-vs-events -l usage \
    -d 'Give a short usage message'
complete -c charfinder-threaded -c charfinder-evented -c echo-server-threaded \
    -c echo-server-evented -c flag-server-threaded -c flag-server-evented \
    -c flags-threaded -c flags-evented -c guess-client-threaded \
    -c guess-client-evented -c guess-server-threaded -c guess-server-evented \
    -c push-server-threaded -c push-server-evented -c spinner-threaded \
    -c spinner-evented -c charfind -c threads-vs-events -s 'V' -l version \
    -d 'Print program version'
complete -c charfinder-evented -c flag-server-evented -c guess-server-evented \
    -c push-server-evented -l loops -x -d 'run N event loops in N threads'
complete -c echo-server-threaded -c echo-server-evented -l idle-timeout -x \
    -d 'seconds until a client that sends or accepts nothing is disconnected, fractions allowed'
complete -c echo-server-threaded -c echo-server-evented \
    -c guess-server-threaded -c guess-server-evented -l port -x \
    -d 'listen on port N, 0 for any free one'
complete -c flag-server-threaded -c flag-server-evented -l delay -x \
    -d 'seconds before a delayed answer'
complete -c flag-server-threaded -c flag-server-evented -l delay-port -x \
    -d 'delay answers at port N, 0 for any free one, or off'
complete -c flag-server-threaded -c flag-server-evented -l delay-rate -x \
    -d 'share of requests to the error port that are delayed'
complete -c flag-server-threaded -c flag-server-evented -l directory \
    -x -a '(__fish_complete_directories)' -d 'serve the flags in DIR'
complete -c flag-server-threaded -c flag-server-evented -l error-port -x \
    -d 'fail some requests at port N, 0 for any free one, or off'
complete -c flag-server-threaded -c flag-server-evented -l error-rate -x \
    -d 'share of requests to the error port that fail'
complete -c flag-server-threaded -c flag-server-evented -l error-status -x \
    -d 'statuses that errors have'
complete -c flag-server-threaded -c flag-server-evented -l fault \
    -x -a 'abort close hang cut long twice slow garbage bad-chunk loop bare-lf' \
    -d 'what happens instead of an error'
complete -c flag-server-threaded -c flag-server-evented -l port -x \
    -d 'answer at once at port N, 0 for any free one, or off'
complete -c flag-server-threaded -c flag-server-evented -l retry-after -x \
    -d 'send Retry-After'
complete -c flag-server-threaded -c flag-server-evented -l second-edition \
    -d 'behave like the book\'s second edition'
complete -c flag-server-threaded -c flag-server-evented -l seed -x \
    -d 'seed of delays and errors'
complete -c flag-server-threaded -c flag-server-evented -l size -x -a 'book' \
    -d 'bytes of each generated flag'
complete -c flags-threaded -c flags-evented -s 'a' -l all \
    -d 'get all available flags'
complete -c flags-threaded -c flags-evented -s 'e' -l every \
    -d 'get flags for every possible code'
complete -c flags-threaded -c flags-evented -s 'l' -l limit -x \
    -d 'limit to N first codes'
complete -c flags-threaded -c flags-evented -s 'm' -l max_req -l max-req -x \
    -d 'maximum concurrent requests'
complete -c flags-threaded -c flags-evented -s 's' -l server \
    -x -a 'DELAY ERROR LOCAL REMOTE' -d 'server to hit'
complete -c flags-threaded -c flags-evented -s 'v' -l verbose \
    -d 'print a line for each flag'
complete -c flags-threaded -c flags-evented -l base-url -x \
    -d 'get the flags below URL'
complete -c flags-threaded -c flags-evented -l names \
    -d 'name files by country, with a second request per flag'
complete -c flags-threaded -c flags-evented -l report -r -F \
    -d 'write a JSON object for each flag to FILE'
complete -c flags-threaded -c flags-evented -l show \
    -d 'print each code as its flag is saved'
complete -c flags-threaded -c flags-evented -l suffix -x -a 'gif png' \
    -d 'kind of the images'
complete -c flags-threaded -c flags-evented -s 'd' -l directory \
    -x -a '(__fish_complete_directories)' -d 'save files in DIR'
complete -c flags-threaded -c flags-evented -l fsync \
    -d 'count a file only once it is on the disk'
complete -c flags-threaded -c flags-evented -l times -x \
    -d 'write each image N times to its file'
complete -c flags-threaded -c flags-evented -l max-bytes -x -d 'largest image'
complete -c flags-threaded -c flags-evented -l max-time -x \
    -d 'for a request as a whole'
complete -c flags-threaded -c flags-evented -l retries -x \
    -d 'retry a failed request up to N times'
complete -c flags-threaded -c flags-evented -l timeout -x \
    -d 'to wait for a byte from the server'
complete -c flags-evented -l savers -x -d 'save files in N threads'
complete -c guess-client-threaded -c guess-client-evented -l answer-timeout -x \
    -d 'seconds that the server may take to answer, fractions allowed'
complete -c guess-client-threaded -c guess-client-evented -l ask \
    -d 'keep the secret in your head and answer each guess yourself'
complete -c guess-client-threaded -c guess-client-evented -l count -x \
    -d 'end a game after N guesses'
complete -c guess-client-threaded -c guess-client-evented -l host \
    -x -a '(__fish_print_hostnames)' -d 'the server\'s address or name'
complete -c guess-client-threaded -c guess-client-evented -l lang \
    -x -a 'en ko' -d 'language of the output and the questions'
complete -c guess-client-threaded -c guess-client-evented -l port -x \
    -d 'the server\'s port'
complete -c guess-client-threaded -c guess-client-evented -l words \
    -x -a 'en ko' -d 'language of the decisions sent to the server'
complete -c guess-server-threaded -c guess-server-evented -l lang \
    -x -a 'en ko' -d 'language of the console'
complete -c guess-server-threaded -c guess-server-evented -l seed -x \
    -d 'seed of the guesses'
complete -c guess-server-threaded -c guess-server-evented -l strategy \
    -x -a 'random bisect' -d 'random, or bisect'
complete -c guess-server-threaded -c guess-server-evented -l block -x \
    -d 'block for MS milliseconds, as a synchronous database call does'
complete -c guess-server-threaded -c guess-server-evented -l work -x \
    -d 'burn US microseconds of CPU time'
complete -c guess-server-evented -l pool -x \
    -d 'block in N threads beside the event loops'
complete -c push-server-threaded -c push-server-evented -l epoch -x \
    -d 'first part of message ids, for tests'
complete -c push-server-threaded -c push-server-evented -l history -x \
    -d 'keep the last N messages of each channel'
complete -c push-server-threaded -c push-server-evented -l origin -x \
    -d 'let pages of URL publish, listen and open WebSockets, too'
complete -c push-server-threaded -c push-server-evented -l port -x \
    -d 'serve HTTP at port N, 0 for any free one'
complete -c push-server-threaded -c push-server-evented -l publish \
    -x -a 'any none local' -d 'who may publish'
complete -c push-server-threaded -c push-server-evented -l stream-delays -x \
    -d 'seconds before MIDDLE and before END of /stream'
complete -c push-server-threaded -c push-server-evented -l workers -x \
    -d 'make pieces of /fetch in N threads'
complete -c push-server-threaded -c push-server-evented -l beat -x \
    -d 'of silence before a comment or a ping is sent'
complete -c push-server-threaded -c push-server-evented -l max-buffered -x \
    -d 'all WebSocket messages being received or answered'
complete -c push-server-threaded -c push-server-evented -l max-message -x \
    -d 'longest message from a WebSocket'
complete -c push-server-threaded -c push-server-evented -l max-wait -x \
    -d 'longest and default wait of a poll'
complete -c spinner-threaded -c spinner-evented -l block \
    -d 'let the slow function block where it is called'
complete -c spinner-threaded -c spinner-evented -l frames -x -a '1 2' \
    -d 'frames of the book\'s first or second edition'
complete -c spinner-threaded -c spinner-evented -l interval -x \
    -d 'from one frame to the next'
complete -c spinner-threaded -c spinner-evented -l message -x \
    -d 'text beside the spinner'
complete -c spinner-threaded -c spinner-evented -l seconds -x \
    -d 'how long the slow function takes'
complete -c charfind -l format -x \
    -d 'print FORMAT for each character and nothing else'
complete -c charfind -l json -d 'print JSON'
complete -c charfind -s 'n' -l limit -x -d 'print at most N characters'
complete -c charfind -l order -x -a 'relevance code' -d 'relevance'
complete -c charfind -l words -x \
    -d 'print the N most frequent words of names, with counts'
complete -c threads-vs-events -l baseline -r -F \
    -d 'also print what has changed since an earlier report.json of this machine'
complete -c threads-vs-events -l beside -r -F \
    -d 'also say which findings survive the network'
complete -c threads-vs-events -l check -d 'compare the answers only'
complete -c threads-vs-events -l cost -r -F \
    -d 'also print what clients cost at the prices of FILE, which has core_hour and gib_hour'
complete -c threads-vs-events -l full -d 'run all scenarios'
complete -c threads-vs-events -l hosts -x -a 'check' \
    -d 'say what --server and --load would use and what is wrong'
complete -c threads-vs-events -l list \
    -d 'list the scenarios, of a suite or all, and how long they take'
complete -c threads-vs-events -l only \
    -x -a '(__fish_complete_list , "threads-vs-events --list | string match -r \'^\S+\'")' \
    -d 'run only these scenarios'
complete -c threads-vs-events -l peer -x \
    -d 'also check and race a server of yours'
complete -c threads-vs-events -l peer-speaks \
    -x -a 'game charfinder http push echo flag-server flags spinner' \
    -d 'protocol of the peers'
complete -c threads-vs-events -l render -r -F \
    -d 'print the tables of an earlier report.json and make its page'
complete -c threads-vs-events -l resume -x -a '(__fish_complete_directories)' \
    -d 'continue the interrupted run in DIR'
complete -c threads-vs-events -l standard -d 'run more scenarios'
complete -c threads-vs-events -l blocks -x -d 'run N blocks of each scenario'
complete -c threads-vs-events -l environment -x -a 'full' \
    -d 'also show paths, commands and the kernel\'s command line on the page'
complete -c threads-vs-events -l load -x \
    -d 'load the servers of --server from these hosts, by N generators on each, which need a processor each'
complete -c threads-vs-events -l netem -x \
    -d 'put an emulated network between load and servers, in namespaces of this machine'
complete -c threads-vs-events -l output -x -a '(__fish_complete_directories)' \
    -d 'write report.json and index.html to DIR'
complete -c threads-vs-events -l ports -x \
    -d 'have the servers on HOST listen at these ports, which a firewall lets through'
complete -c threads-vs-events -l public \
    -d 'allow an ADDRESS that is not private'
complete -c threads-vs-events -l seconds -x \
    -d 'measure for S seconds in each run'
complete -c threads-vs-events -l seed -x \
    -d 'use the conversations and the order of the run with seed N'
complete -c threads-vs-events -l server -x -a '(__fish_print_hostnames)' \
    -d 'run the servers on HOST, reached by ssh, where they listen at ADDRESS'
complete -c threads-vs-events -l there -x \
    -d 'where this program is on each HOST'
complete -c threads-vs-events -l via -x \
    -d 'run programs on HOST by CMD, not by ssh'
