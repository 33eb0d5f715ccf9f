#!/bin/sh
# One sync, for machines where the application does not run: from cron, say every five minutes:
#   */5 * * * * /srv/schedule/sync/sync_cron_job.sh
# Silent unless something needs attention. Exit status as `lockstep sync` (docs/CLI.md): 3 conflicts, 4 invalid YAML, …
# It may run beside the application and beside itself: syncs wait for each other.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/local/bin  # cron's has neither this nor a shell profile's
exec "${LOCKSTEP:-lockstep}" -q \
  --yaml "${LOCKSTEP_YAML:-config/schedule_config.yml}" \
  --db "${DATABASE_URL:-sqlite:///schedule.db}" \
  sync
