/*
 * What strings of a configuration must look like, where the spec or the kernel says so.
 *
 * Uses: specs/reader.h.    Used by: the tables in specs/read_*.c.
 */
#ifndef HUSK_SPECS_RULES_H
#define HUSK_SPECS_RULES_H

#include "specs/reader.h"

/* The largest user or group ID: 2^32 - 1 is "no ID" to the kernel. */
#define OCI_MAX_ID UINT64_C(4294967294)

extern const struct oci_rule oci_rule_abs_path;
extern const struct oci_rule oci_rule_env;
extern const struct oci_rule oci_rule_version;		/* SemVer 2.0.0 with major 1 */
extern const struct oci_rule oci_rule_host_name;
extern const struct oci_rule oci_rule_not_empty;
extern const struct oci_rule oci_rule_number_list;	/* "0-3,7": husk reads it */
extern const struct oci_rule oci_rule_cpuset;		/* the same, loosely: the kernel reads it */
extern const struct oci_rule oci_rule_sysctl;
extern const struct oci_rule oci_rule_one_line;
extern const struct oci_rule oci_rule_cgroup_file;
extern const struct oci_rule oci_rule_page_size;
extern const struct oci_rule oci_rule_if_name;
extern const struct oci_rule oci_rule_file_name;
extern const struct oci_rule oci_rule_clos_id;
extern const struct oci_rule oci_rule_seccomp_arch;

#endif /* HUSK_SPECS_RULES_H */
