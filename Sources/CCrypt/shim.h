#include <crypt.h>
#include <stdlib.h>
#include <string.h>

/// crypt_gensalt_rn(3) and crypt_r(3) of libcrypt: the hash of a password with the salt that the 16 bytes make, by the method
/// (`$y$`: yescrypt) and its usual cost. Returns 0 when the method is not there.
static inline int sb_crypt(const char *password, const char *method, const char bytes[16], char hash[384]) {
    char setting[192];
    if (!crypt_gensalt_rn(method, 0, bytes, 16, setting, sizeof setting)) return 0;
    struct crypt_data *data = calloc(1, sizeof *data);
    if (!data) return 0;
    const char *made = crypt_r(password, setting, data);
    int is_made = made && made[0] != '*' && strlen(made) < 384;
    if (is_made) strcpy(hash, made);
    memset(data, 0, sizeof *data);
    free(data);
    return is_made;
}
/// crypt_r(3) by the settings of another hash; 0 when libcrypt does not know them.
static inline int sb_crypt_as(const char *password, const char *hash, char output[384]) {
    struct crypt_data *data = calloc(1, sizeof *data);
    if (!data) return 0;
    char *made = crypt_r(password, hash, data);
    int ok = made && made[0] != '*';
    if (ok) { strncpy(output, made, 383); output[383] = 0; }
    free(data);
    return ok;
}
