# Makes onced@.service of onced.service: the main file and the state of the instance. A main file
# that is not there is a failed start, as somebody has asked for it by name.
s|^Description=.*|& (%i)|
/^# Without a pipeline/,/^ConditionPathExistsGlob=/d
/^Exec\(Start\|Reload\)=/s|onced\.yaml|%i.yaml|
s|^StateDirectory=onced$|StateDirectory=onced@%i|
