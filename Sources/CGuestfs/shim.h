#include <guestfs.h>

// What Swift's importer does not take: the variadic constructor, and constants made with UINT64_C.

/// A handle that reads no environment variables and is closed by its owner alone.
static inline guestfs_h *sb_guestfs_create(void) {
    return guestfs_create_flags(GUESTFS_CREATE_NO_ENVIRONMENT | GUESTFS_CREATE_NO_CLOSE_ON_EXIT);
}
static const uint64_t sb_guestfs_add_drive_readonly = GUESTFS_ADD_DRIVE_OPTS_READONLY_BITMASK;
static const uint64_t sb_guestfs_add_drive_format = GUESTFS_ADD_DRIVE_OPTS_FORMAT_BITMASK;
static const uint64_t sb_guestfs_add_drive_label = GUESTFS_ADD_DRIVE_OPTS_LABEL_BITMASK;
static const uint64_t sb_guestfs_tar_out_numericowner = GUESTFS_TAR_OUT_OPTS_NUMERICOWNER_BITMASK;
static const uint64_t sb_guestfs_tar_out_xattrs = GUESTFS_TAR_OUT_OPTS_XATTRS_BITMASK;
static const uint64_t sb_guestfs_messages =
    GUESTFS_EVENT_APPLIANCE | GUESTFS_EVENT_LIBRARY | GUESTFS_EVENT_TRACE | GUESTFS_EVENT_WARNING;
