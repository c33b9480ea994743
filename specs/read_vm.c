/*
 * vm: config-vm.md.  Read and checked, so that a mistake is found; launch.c warns that nobody carries it
 * out.
 *
 * Uses: specs/reader.h.    Used by: specs/config.c.
 */
#include "specs/rules.h"
#include "specs/tables.h"

static const struct oci_field hypervisor_fields[] = {
	OCI_STRING("path", struct oci_vm, hypervisor_path, OCI_REQUIRED, &oci_rule_abs_path),
	OCI_STRINGS("parameters", struct oci_vm, hypervisor_parameters, 0, NULL),
};

static const struct oci_field kernel_fields[] = {
	OCI_STRING("path", struct oci_vm, kernel_path, OCI_REQUIRED, &oci_rule_abs_path),
	OCI_STRINGS("parameters", struct oci_vm, kernel_parameters, 0, NULL),
	OCI_STRING("initrd", struct oci_vm, kernel_initrd, 0, &oci_rule_abs_path),
};

static bool is_image_format(const char *s)
{
	static const struct oci_name formats[] = {
		{ "qcow2", 0 }, { "raw", 0 }, { "vdi", 0 }, { "vhd", 0 }, { "vmdk", 0 },
		{ NULL, 0 },
	};

	return oci_find_name(formats, s);
}

static const struct oci_rule image_format = {
	is_image_format, "a disk image format", "qcow2, raw, vdi, vhd, vmdk",
};

static const struct oci_field image_fields[] = {
	OCI_STRING("path", struct oci_vm, image_path, OCI_REQUIRED, &oci_rule_abs_path),
	OCI_STRING("format", struct oci_vm, image_format, OCI_REQUIRED, &image_format),
};

static const struct oci_field hardware_fields[] = {
	OCI_STRING("deviceTree", struct oci_vm, device_tree, 0, &oci_rule_abs_path),
	OCI_INT("vcpus", struct oci_vm, vcpus, 0, 0, UINT32_MAX),
	OCI_INT("memory", struct oci_vm, memory, 0, 0, UINT64_MAX),
};

static const struct oci_table hypervisor_table =
	OCI_TABLE(hypervisor_fields, struct oci_vm, .check = NULL);
static const struct oci_table kernel_table = OCI_TABLE(kernel_fields, struct oci_vm, .check = NULL);
static const struct oci_table image_table = OCI_TABLE(image_fields, struct oci_vm, .check = NULL);
static const struct oci_table hardware_table =
	OCI_TABLE(hardware_fields, struct oci_vm, .check = NULL);

static const struct oci_field vm_fields[] = {
	OCI_INLINE("hypervisor", &hypervisor_table, 0),
	OCI_INLINE("kernel", &kernel_table, OCI_REQUIRED),
	OCI_INLINE("image", &image_table, 0),
	OCI_INLINE("hwConfig", &hardware_table, 0),
};

const struct oci_table oci_vm_table = OCI_TABLE(vm_fields, struct oci_vm, .check = NULL);
