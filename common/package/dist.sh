#!/bin/sh
# dist - pack the sources.
#
#   dist.sh NAME FOLDER
#
# Writes FOLDER/NAME.tar.gz: what git tracks, as it is in the working tree, or
# the whole of an unpacked archive, with debian/ and CHANGELOG.md at the top,
# where packagers look for them, and the commit in common/package/commit. The
# same commit gives the same bytes, whoever packs it, where and when.
set -eu
export LC_ALL=C TZ=UTC
name=$1 folder=$2

if [ -e .git ]; then
    commit=$(git describe --always --dirty --abbrev=12)
    date=@$(git log -1 --format=%ct)
    files() { git ls-files -z -- . ':!.ci' ':!.git*'; }
else
    commit=$(cat common/package/commit)
    date=@$(stat -c %Y CHANGELOG.md)
    files() {
        find . ! -type d ! -path './build/*' ! -name '*.pyc' -print0
    }
fi

rm -rf "$folder/$name"
mkdir -p "$folder/$name"
files | tar --null -T - -c | tar -x -C "$folder/$name"
for file in debian CHANGELOG.md; do
    [ -e "$folder/$name/$file" ] ||
        mv "$folder/$name/common/package/$file" "$folder/$name"
done
echo "$commit" >"$folder/$name/common/package/commit"
tar --sort=name --mtime="$date" --owner=0 --group=0 --numeric-owner \
    --mode=u=rwX,go=rX --format=gnu -C "$folder" -c "$name" |
    gzip -9n >"$folder/$name.tar.gz"
rm -rf "${folder:?}/$name"
echo "$folder/$name.tar.gz"
