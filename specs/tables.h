/*
 * The tables of the runtime specification, one file per subject.
 *
 * Uses: specs/reader.h.    Used by: specs.
 */
#ifndef HUSK_SPECS_TABLES_H
#define HUSK_SPECS_TABLES_H

#include "specs/reader.h"

extern const struct oci_table oci_config_table;		/* config.c */
extern const struct oci_table oci_process_table;	/* read_process.c */
extern const struct oci_table oci_caps_table;		/* read_caps.c */
extern const struct oci_table oci_mount_table;		/* read_mounts.c */
extern const struct oci_table oci_id_map_table;		/* read_mounts.c */
extern const struct oci_table oci_hooks_table;		/* read_hooks.c */
extern const struct oci_table oci_linux_table;		/* read_linux.c */
extern const struct oci_table oci_resources_table;	/* read_resources.c */
extern const struct oci_table oci_seccomp_table;	/* read_seccomp.c */
extern const struct oci_table oci_vm_table;		/* read_vm.c */

#endif /* HUSK_SPECS_TABLES_H */
