#!/bin/sh
# Goes to /usr/local/bin/lfr: the appliance's command, which by hand, too, looks for networks where
# the services do.
XDG_CACHE_HOME=${XDG_CACHE_HOME:-/var/cache} exec /opt/lfr/bin/lfr "$@"
