#!/bin/sh
# A compiler for another machine that only answers what it is asked. It does not
# know the words of UNKNOWN, and the first of UNLESS only beside the second.
for word; do
    case $word in
    --version) echo "${VERSION-other 1.0}"; exit ;;
    -print-*-name=*) echo "/other/${word#*=}"; exit ;;
    esac
done
for word; do
    case " $UNKNOWN " in *" $word "*) exit 1 ;; esac
    case "$UNLESS " in
    "$word "*) case " $* " in *" ${UNLESS#* } "*) ;; *) exit 1 ;; esac ;;
    esac
done
