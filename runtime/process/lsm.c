/*
 * Which Linux security modules this host has, and whether the process asks for one it has not.
 *
 * Uses: runtime/base.    Used by: runtime.
 */
#include <fcntl.h>
#include <string.h>

#include "runtime/base/fs.h"
#include "runtime/base/util.h"
#include "runtime/process/process.h"

bool rt_lsm_apparmor(void)
{
	struct husk_error err = { 0 };
	cleanup_free char *text = NULL;
	size_t len;

	if (fs_read(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", 16, &text, &len, &err) < 0)
		return false;
	return text[0] == 'Y';
}

bool rt_lsm_selinux(void)
{
	/* selinuxfs exists exactly when the module is enabled. */
	return access("/sys/fs/selinux/enforce", F_OK) == 0;
}

static int not_enabled(struct husk_error *err, const char *pointer, const char *value,
		       const char *module)
{
	(void)err_config(err, pointer, "\"%s\" is named, but %s is not enabled on this host",
			 value, module);
	err->kind = HUSK_E_UNSUPPORTED;
	err->sys = EOPNOTSUPP;
	return err_hint(err, "remove it from the configuration, or boot a kernel with %s", module);
}

int rt_lsm_check(const struct oci_process *process, struct husk_error *err)
{
	const char *profile = process->apparmor_profile, *label = process->selinux_label;

	/* Without AppArmor everything is unconfined already. */
	if (profile && *profile && strcmp(profile, "unconfined") != 0 && !rt_lsm_apparmor())
		return not_enabled(err, "/process/apparmorProfile", profile, "AppArmor");
	if (label && *label && !rt_lsm_selinux())
		return not_enabled(err, "/process/selinuxLabel", label, "SELinux");
	return 0;
}

int rt_lsm_check_mounts(const char *mount_label, struct husk_error *err)
{
	/* File systems would refuse the option "context" as one that they have never heard of. */
	if (mount_label && *mount_label && !rt_lsm_selinux())
		return not_enabled(err, "/linux/mountLabel", mount_label, "SELinux");
	return 0;
}
