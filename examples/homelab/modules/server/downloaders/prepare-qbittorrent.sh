# Usage: prepare-qbittorrent TEMPLATE DIRECTORY WEB_PORT LISTEN_PORT
# Writes qBittorrent's configuration, with the account from the secrets, before it starts.
set -euo pipefail

template=$1
target=$2/qBittorrent/qBittorrent.conf
user=$(cat /run/secrets/server/qbittorrent/user)
password=$(cat /run/secrets/server/qbittorrent/password)

umask 077
mkdir -p "$(dirname "$target")"
sed \
  -e "s|@WEB_PORT@|$3|" \
  -e "s|@LISTEN_PORT@|$4|" \
  -e "s|@USER@|$user|" \
  -e "s|@PASSWORD@|$password|" \
  "$template" > "$target"
chown --reference="$2" --recursive "$(dirname "$target")"
