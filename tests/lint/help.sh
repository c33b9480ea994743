#!/bin/sh
# tests/lint/help.sh - every command answers --help with each of its options, help and the manual
# page know every command, and the completions every command and option.
#
# The sources say what to expect: a command is a .name in cli/cmd_*.c, an option is a row
# `"name", CLI_KIND`, unless its kind is CLI_IGNORED*: those are accepted and not shown.
set -eu

husk=${BUILD:-build}/husk
[ -x "$husk" ] || { echo "$husk has not been built"; exit 77; }
bad=0
all=$("$husk" --help)
man=$("$husk" help --man)
bash=$("$husk" help --completion=bash)
zsh=$("$husk" help --completion=zsh)
fish=$("$husk" help --completion=fish)

offence()
{
	echo "$1"
	bad=1
}

# options FILE: names of the option rows in it
options()
{
	sed -nE 's/.*"([a-z-]+)", CLI_(FLAG|STRING|UNSIGNED|LIST|KEY),.*/\1/p' "$1"
}

# rows PATTERN: names of the rows in the macro of that name, and of the macros in it
rows()
{
	awk -v name="#define $1" '
		index($0, name "(") == 1 { on = 1 }
		on { print }
		on && !/\\$/ { on = 0 }' cli/create_opts.h cli/criu_opts.h
}

# expected FILE: its own options and those of the rows that it includes, however deep
expected()
{
	text=$(mktemp)
	cat "$1" >"$text"
	for macro in CLI_CRIU_ROWS CLI_CREATE_ROWS CLI_PLAN_ROWS CLI_BUNDLE_ROWS; do
		if grep -q "$macro(" "$text"; then
			rows "$macro" >>"$text"
		fi
	done
	options "$text"
	rm -f "$text"
}

# zsh_options NAME: what the part about that command says
zsh_options()
{
	printf '%s\n' "$zsh" | awk -v begin="	$1) _arguments" '
		index($0, begin) == 1 || (begin ~ /husk\)/ && /_arguments -C/) { on = 1 }
		on { print }
		on && !/\\$/ { exit }'
}

# completes NAME OPTION: does every completion know that option of that command?
completes()
{
	case $1 in
	husk) in_bash= in_fish=__husk_none ;;
	*) in_bash=$1 in_fish="'__husk_is $1'" ;;
	esac
	printf '%s\n' "$bash" | grep -qE -- "^	'$in_bash'\) options='([^']* )?--$2[ ']" ||
		offence "$1: --$2 is not in bash's completion"
	zsh_options "$1" | grep -qE -- "[[:space:],'{]--$2(['}=]|$)" ||
		offence "$1: --$2 is not in zsh's completion"
	[ "$2" = help ] || printf '%s\n' "$fish" | tr -d "'" |
		grep -qE -- "^complete .*-n $(echo "$in_fish" | tr -d "'") .*-l $2 " ||
		offence "$1: --$2 is not in fish's completion"
}

# check NAME FILE HELP: does the text HELP show every option of FILE?
check()
{
	for option in $(expected "$2") help; do
		printf '%s\n' "$3" | grep -qE -- "^ +(-[a-z], )? *--$option(=| )" ||
			offence "$1: --$option is not in its help"
		completes "$1" "$option"
	done
}

check husk cli/main.c "$all"
commands=0
for file in cli/cmd_*.c; do
	name=$(sed -n 's/^	\.name = "\(.*\)",$/\1/p' "$file")
	[ -n "$name" ] || { offence "$file: no command in it"; continue; }
	commands=$((commands + 1))
	if ! help=$("$husk" "$name" --help 2>&1); then
		offence "$name: --help fails"
		continue
	fi
	check "$name" "$file" "$help"
	[ "$("$husk" help "$name" 2>&1)" = "$help" ] || offence "$name: help differs from --help"
	printf '%s\n' "$all" | grep -q "^  $name " || offence "$name: not in husk --help"
	printf '%s\n' "$man" | grep -q "^\.SS $name " || offence "$name: not in husk(1)"
	printf '%s\n' "$help" | grep -qE '^.{101}' && offence "$name: help is too wide"
done
# Where such a shell is, it can read them.
for shell in bash zsh fish; do
	command -v "$shell" >/dev/null || continue
	"$husk" help --completion="$shell" | "$shell" -n /dev/stdin || offence "$shell: bad completion"
done
[ "$commands" -gt 0 ] || offence "no command found"
exit $bad
