# lifecycle/run - `husk run` runs a program to its end and passes on how it ended.
# covers: 2.2-run 2.4-exits 2.4-killed 2.4-error 8-05
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
probe echo hello
exits 0 "a program that succeeds"
is "$(output)" hello "its standard output"
is "$(errors)" "" "nothing on standard error"

probe stderr warning
is "$(errors)" warning "its standard error"

probe exit 7
exits 7 "its exit status"

probe crash
exits 139 "a signal that ends it: 128 + number"

probe self
has pid 1 "it is process 1 of its pid namespace"

is "$(status_of)" "" "nothing is left of it"

set_args /does-not-exist
run_container
isnt "$STATUS" 0 "a program that does not exist"
like "$(errors)" 'no such file or directory|No such file or directory' "and what is said about it"
is "$(status_of)" "" "nothing is left of a container that could not start"

done_testing
