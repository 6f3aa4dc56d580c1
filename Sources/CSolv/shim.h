#include <stdio.h>
#include <solv/pool.h>
#include <solv/poolarch.h>
#include <solv/repo.h>
#include <solv/repo_solv.h>
#include <solv/repo_write.h>
#include <solv/repo_deb.h>
#include <solv/chksum.h>
#include <solv/solver.h>
#include <solv/solverdebug.h>
#include <solv/selection.h>
#include <solv/evr.h>
#include <solv/solv_xfopen.h>
#include <solv/solvversion.h>

/// The version of the library that is linked. (Swift takes the global itself for shared mutable state.)
static inline const char *sb_solv_version(void) { return solv_version; }
