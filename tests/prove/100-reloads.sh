#!/bin/bash
# A hundred reloads under load, each of which changes the pipeline: 0 lost, 0 repeated.
RELOADS=100 exec "$(dirname "$0")/../integration/76-reload-many.sh"
