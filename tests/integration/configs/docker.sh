# configs/docker - what Docker writes.
# covers: 2.6-docker
# timeout: 180
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/engine.sh"

once docker-20.10.24-run hi
once docker-28.5.2-run hi
lasting docker-28.5.2-limits
lasting docker-28.5.2-swarm-task
once docker-28.5.2-userns-remap " 0 500000 65536"

done_testing
