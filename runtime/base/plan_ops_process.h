/* Rows of runtime/process/plan.c; see plan_ops.h. */

/* before the root filesystem */
OP(PROC_AFFINITY,    "proc_affinity",    "sb",    "run on CPUs {0}")
OP(PROC_LIMIT_RAISE, "proc_limit_raise", "snn",   "allow {0} ({1}) up to {2}")
OP(PROC_OOM_SCORE,   "proc_oom_score",   "i",     "set oom_score_adj to {0}")
OP(PROC_SESSION,     "proc_session",     "",      "start a session")
OP(PROC_IO_PRIORITY, "proc_io_priority", "nn",    "set I/O priority of the process group to class {0}, level {1}")
OP(PROC_MEM_POLICY,  "proc_mem_policy",  "nxtc",  "set memory policy {0}, flags {1}, on nodes {2}")
OP(PROC_KEYRING,     "proc_keyring",     "sxt",   "join session keyring {0}, add permissions {1}, label {2}")
OP(PROC_PERSONALITY, "proc_personality", "x",     "set personality {0}")

/* in the container's root, before start */
/* 1: create what is missing; 2: leave an EACCES to PROC_CWD_AGAIN */
OP(PROC_CWD,         "proc_cwd",         "snn",   "make {0} the working directory")
OP(PROC_TERMINAL,    "proc_terminal",    "fn",    "make terminal {0} user {1}'s, and descriptors 0, 1 and 2")
OP(PROC_CTTY,        "proc_ctty",        "",      "make descriptor 0 the controlling terminal")
OP(PROC_STDIO,       "proc_stdio",       "n",     "give descriptors 0, 1 and 2 to user {0}")
OP(PROC_SCHEDULER,   "proc_scheduler",   "niib",  "set scheduling policy {0}, nice {1}, priority {2}")
OP(PROC_PROGRAM,     "proc_program",     "sn",    "see that {0} is there to be executed (also in the working directory: {1})")

/* after start */
OP(PROC_HOME,        "proc_home",        "bn",    "set HOME to the home of user {1} in /etc/passwd")
OP(PROC_APPARMOR,    "proc_apparmor",    "sn",    "set AppArmor profile {0} for the program (no new privileges: {1})")
OP(PROC_SELINUX,     "proc_selinux",     "s",     "set SELinux label {0} for the program")
/* {1}, {3}, {4}: structs of runtime/base/landlock_rules.h; {3} is about the paths {2} */
OP(PROC_LANDLOCK,    "proc_landlock",    "sbSbbxF", "make Landlock ruleset {6}: {0}")
OP(PROC_LIMIT,       "proc_limit",       "snnn",  "set {0} ({1}) to {2}, hard limit {3}")
OP(PROC_UMASK,       "proc_umask",       "o",     "set umask {0}")
OP(PROC_NO_NEW_PRIVS, "proc_no_new_privs", "",    "set no_new_privs")
OP(PROC_LANDLOCK_SELF, "proc_landlock_self", "fx", "put itself under Landlock ruleset {0}, flags {1}")
OP(PROC_SECCOMP,     "proc_seccomp",     "bxF",   "load the seccomp filter, flags {1}; listener is {2}")
/* {1}: upper half of the flags, by which the filter tells the sending from the program's; 0: any */
OP(SEND_SECCOMP_FD,  "send_seccomp_fd",  "fx",    "send seccomp listener {0} to the caller")
OP(PROC_BOUNDING,    "proc_bounding",    "x",     "limit the capability bounding set to {0}")
OP(PROC_IDS,         "proc_ids",         "nnc",   "become user {0}, group {1}, with the additional groups")
OP(PROC_IDS_ONLY,    "proc_ids_only",    "nn",    "become user {0}, group {1}, with the caller's additional groups")
OP(PROC_CWD_AGAIN,   "proc_cwd_again",   "s",     "make {0} the working directory, if only the user may")
OP(PROC_CAPS,        "proc_caps",        "xxxx",  "set capabilities: effective {0}, permitted {1}, inheritable {2}, ambient {3}")
