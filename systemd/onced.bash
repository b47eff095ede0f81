# bash completion of onced(8): commands, their options, pipeline files, and the names of pipelines
# where a command takes one.
_onced_pipelines() {
	sed -n 's/^pipeline: *\([A-Za-z0-9_-]*\).*/\1/p' /etc/onced/pipelines/*.yaml 2>/dev/null
}

_onced() {
	local cur prev words cword
	_init_completion || return
	local command=${words[1]} options
	if [ "$cword" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(onced help | sed -n 's/^  onced \([a-z]*\) .*/\1/p')" \
			-- "$cur")
		return
	fi
	case $prev in -c | --config)
		_filedir '@(yaml|yml)'
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		options=$(onced "$command" --help 2>/dev/null | grep -oE '(^|[ [|])--?[a-z][a-z-]*' | tr -d ' [|')
		mapfile -t COMPREPLY < <(compgen -W "$options --help" -- "$cur")
		return
	fi
	case $command in
	run | check | test) _filedir '@(yaml|yml)' ;;
	verify | explain | state | dead)
		mapfile -t COMPREPLY < <(compgen -W "$(_onced_pipelines)" -- "$cur")
		;;
	offsets)
		if [ "$cword" -eq 2 ]; then
			options=$(onced offsets --help 2>/dev/null | sed -n 's/^ *onced offsets \([a-z]*\).*/\1/p')
			mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		else
			mapfile -t COMPREPLY < <(compgen -W "$(_onced_pipelines)" -- "$cur")
		fi
		;;
	esac
} && complete -F _onced onced
