#!/usr/bin/env bash
# A real Redmine on this machine, seeded with Learning Episode work steps, for Greentick to be tried on.
#
#   tests/redmine/up.sh            start it, or say where it already is
#   tests/redmine/up.sh --fresh    the same, from newly seeded data
#
# Standard output is NAME=value lines and nothing else, so `eval "$(tests/redmine/up.sh)"` works;
# progress goes to standard error. Settings, all optional, from the environment:
#
#   REDMINE_PORT   18080              always on 127.0.0.1
#   REDMINE_STATE  /tmp/greentick-redmine-stand   database, logs, facts; one folder per stand
#   REDMINE_TZ     Europe/London      the server's zone
#   SEED_NOW       the current hour   the instant that seeded dates are counted from
#
# Root, or sudo, is needed once, to install Debian's own packages. The server runs as the caller, from
# a private copy of the packaged tree with a database of its own: a Redmine already in use on this
# machine is neither touched nor seen.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PORT=${REDMINE_PORT:-18080}
STATE=$(realpath -m "${REDMINE_STATE:-${TMPDIR:-/tmp}/greentick-redmine-stand}")
TREE=$STATE/tree
DATABASE=$STATE/redmine.sqlite3
EMPTY=$STATE/empty.sqlite3     # migrated, never seeded: what --fresh starts from
FACTS=$STATE/facts.env
PACKAGES=(redmine redmine-sqlite puma curl)

note() { echo "redmine: ${SECONDS}s: $*" >&2; }
fail() { note "$1"; [ -z "${2:-}" ] || tail -n 25 "$2" >&2; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

answers() { curl -fs -o /dev/null --max-time 3 "http://127.0.0.1:$PORT/login"; }

ours_is_running() {
  [ -s "$STATE/pid" ] && kill -0 "$(<"$STATE/pid")" 2>/dev/null && answers
}

# --- 1. packages ---------------------------------------------------------------------------------

installed() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || return 1
  done
}

# A later Bundler looks for a folder beside every gem specification. Debian's oldest gem packages ship
# the specification alone, and with them Redmine's own installation script then stops. Empty folders do.
give_every_gem_its_folder() {
  local specification folder
  for specification in /usr/share/rubygems-integration/*/specifications/*.gemspec \
                       /usr/lib/*/rubygems-integration/*/specifications/*.gemspec; do
    [ -f "$specification" ] || continue
    folder=${specification%/specifications/*}/gems/$(basename "$specification" .gemspec)
    [ -d "$folder" ] || as_root mkdir -p "$folder"
  done
}

install_packages() {
  installed "${PACKAGES[@]}" && return
  note "installing ${PACKAGES[*]}"
  local log=$STATE/install.log apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  # The package must not set up a database for a Redmine of the whole machine.
  echo 'redmine redmine/instances/default/dbconfig-install boolean false' | as_root debconf-set-selections
  compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null || as_root "${apt[@]}" update >"$log" 2>&1
  if ! as_root "${apt[@]}" install -y --no-install-recommends "${PACKAGES[@]}" >>"$log" 2>&1; then
    give_every_gem_its_folder
    as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure -a >>"$log" 2>&1 || fail "the packages could not be installed" "$log"
  fi
  give_every_gem_its_folder
}

# --- 2. a private tree ---------------------------------------------------------------------------

# The packaged tree finds its files through fixed paths and links, under `instances/NAME` for each of
# several tenants. Ours gets one tenant, `default`, and looks for its database settings in itself.
copy_tree() {
  [ -f "$TREE/.complete" ] && return
  note "copying the application"
  rm -rf "$TREE"
  cp -a /usr/share/redmine "$TREE"
  rm -f "$TREE/instances" "$TREE/Gemfile.lock" "$TREE/config/database.yml"
  local tenant=$TREE/instances/default
  mkdir -p "$tenant"/{config,files,log,tmp/cache,tmp/pids,public/plugin_assets} "$TREE/plugins"
  printf 'production: {adapter: sqlite3, database: "%s", timeout: 20000}\n' "$DATABASE" >"$tenant/config/database.yml"
  sed -i "s|^Dir\\['[^']*database.yml'\\]|Dir['$tenant/config/database.yml']|" "$TREE/Gemfile"
  echo "gem 'puma'" >"$TREE/Gemfile.local"
  touch "$TREE/.complete"
}

ruby_environment() {
  export RAILS_ENV=production REDMINE_LANG=en TZ=${REDMINE_TZ:-Europe/London}
  export BUNDLE_APP_CONFIG=$STATE/bundle BUNDLE_SILENCE_ROOT_WARNING=1
  # Signs browser sessions, of which there are none to keep: a new one for each start, never stored.
  SECRET_KEY_BASE=$(od -An -tx1 -N32 /dev/urandom | tr -d ' \n')
  export SECRET_KEY_BASE
  cd "$TREE"
  [ -f Gemfile.lock ] || bundle install --local --quiet
}

# --- 3. data -------------------------------------------------------------------------------------

prepare_data() {
  [ -f "$STATE/seed.env" ] && return
  if [ ! -f "$EMPTY" ]; then
    note "creating the tables"
    rm -f "$DATABASE"*
    SCHEMA=/dev/null bundle exec rake db:migrate >"$STATE/migrate.log" 2>&1 || fail "the tables could not be created" "$STATE/migrate.log"
    mv "$DATABASE" "$EMPTY"
  fi
  note "seeding"
  rm -f "$DATABASE"*
  cp "$EMPTY" "$DATABASE"
  SEED_FACTS=$STATE/seed.new bundle exec ruby bin/rails runner "$HERE/seed.rb" >"$STATE/seed.log" 2>&1 || fail "seeding failed" "$STATE/seed.log"
  mv "$STATE/seed.new" "$STATE/seed.env"
}

# --- 4. server -----------------------------------------------------------------------------------

serve() {
  note "starting the server"
  local began_ms
  began_ms=$(date +%s%3N)
  setsid nohup bundle exec puma --environment production --bind "tcp://127.0.0.1:$PORT" --threads 1:4 --workers 0 \
    --pidfile "$STATE/pid" config.ru >"$STATE/server.log" 2>&1 </dev/null &
  local child=$!
  until answers; do
    kill -0 "$child" 2>/dev/null || fail "the server ended" "$STATE/server.log"
    [ "$(date +%s%3N)" -lt $((began_ms + 60000)) ] || fail "the server does not answer" "$STATE/server.log"
    sleep 0.2
  done
  {
    echo "REDMINE_URL=http://127.0.0.1:$PORT"
    echo "REDMINE_PID=$(<"$STATE/pid")"
    echo "REDMINE_STATE=$STATE"
    echo "REDMINE_BOOT_MS=$(($(date +%s%3N) - began_ms))"
    cat "$STATE/seed.env"
  } >"$FACTS.new"
  mv "$FACTS.new" "$FACTS"
}

# -------------------------------------------------------------------------------------------------

case ${1:-} in
  '') ;;
  --fresh) REDMINE_STATE=$STATE "$HERE/down.sh" >&2; rm -f "$STATE/seed.env" "$FACTS" ;;
  *) echo "usage: up.sh [--fresh]" >&2; exit 2 ;;
esac
mkdir -p "$STATE"
chmod 700 "$STATE"             # it holds keys
if ! ours_is_running || [ ! -s "$FACTS" ]; then
  ! answers || fail "something else answers on port $PORT; set REDMINE_PORT"
  install_packages
  copy_tree
  ruby_environment
  prepare_data
  serve
  note "ready"
fi
cat "$FACTS"
