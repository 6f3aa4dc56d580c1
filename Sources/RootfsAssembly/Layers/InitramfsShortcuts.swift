extension ScriptShortcut {
    /// What the hooks of an initramfs ask other programs for each library that a program of it needs.
    static let initramfs = [directories, optimised, optimisedByTriplet, libraries]

    private static let hookFunctions = "/usr/share/initramfs-tools/hook-functions"

    /// What is plain in a path, and needs no program to see: anything else is left to the program.
    private static let directories = ScriptShortcut(
        path: hookFunctions,
        parts: [
            (
                "\ncopy_file() {\n",
                #"""

                stonebake_is_plain() {
                    case "$1/" in
                    / | [!/]* | *[!-+./_A-Za-z0-9]* | *//* | */./* | */../*) return 1 ;;
                    esac
                }
                basename() {
                    if [ $# = 1 ] && stonebake_is_plain "$1"; then printf '%s\n' "${1##*/}"; else command basename "$@"; fi
                }
                dirname() {
                    case "$#$1" in
                    1/*/*) if stonebake_is_plain "$1"; then printf '%s\n' "${1%/*}"; return; fi ;;
                    esac
                    command dirname "$@"
                }
                mkdir() {
                    [ "$#$1" = 2-p ] && [ -d "$2" ] || command mkdir "$@"
                }
                realpath() {
                    stonebake_path=
                    case "$#$1$2" in
                    2-ms/*) stonebake_path="${2#/}" stonebake_path="/${stonebake_path#/}" ;;
                    2-s/*) if [ -e "$2" ]; then stonebake_path="$2"; fi ;;
                    esac
                    if stonebake_is_plain "$stonebake_path"; then printf '%s\n' "$stonebake_path"; else command realpath "$@"; fi
                }
                readlink() {
                    if [ "$#$1" = 2-f ] && stonebake_is_plain "$2" && stonebake_resolve "$2"; then
                        printf '%s\n' "$stonebake_path"
                    else
                        command readlink "$@"
                    fi
                }
                # The links of a merged /usr are followed here; others are left to readlink(1).
                stonebake_resolve() {
                    stonebake_path="$1"
                    case "$1/" in
                    /bin/* | /sbin/* | /lib/* | /lib64/*)
                        stonebake_top="${1#/}" stonebake_top="/${stonebake_top%%/*}"
                        if [ -L "$stonebake_top" ]; then
                            [ "$stonebake_top" -ef "/usr$stonebake_top" ] || return 1
                            stonebake_path="/usr$1"
                        fi
                        ;;
                    esac
                    [ -e "$stonebake_path" ] || return 1
                    stonebake_top="$stonebake_path"
                    while [ "$stonebake_top" ]; do
                        [ ! -L "$stonebake_top" ] || return 1
                        stonebake_top="${stonebake_top%/*}"
                    done
                }

                copy_file() {

                """#
            )
        ])

    /// A library that lies in no folder of optimised ones need not be looked for elsewhere: two edits of its path.
    private static let optimised = edit(
        "x", ##"sed -e 's#/lib/\([^/]*/\)\?\(tls\|i686\|sse2\|neon\|vfp\).*/\(lib.*\)#/lib/\1\3#'"##)
    private static let optimisedByTriplet = edit(
        "nonoptlib", ##"sed -e 's#-linux-gnu/\(tls\|i686\|sse2\|neon\|vfp\).*/\(lib.*\)#-linux-gnu/\2#'"##)

    private static func edit(_ variable: String, _ edit: String) -> ScriptShortcut {
        let own = "nonoptlib=$(echo \"${\(variable)}\" | \(edit))\n"
        let plain = "[!/]* | *[!-+./_A-Za-z0-9]* | */tls* | */i686* | */sse2* | */neon* | */vfp*"
        return ScriptShortcut(
            path: hookFunctions,
            parts: [
                (
                    own,
                    "case \"${\(variable)}\" in\n\(plain)) \(own);;\n*) nonoptlib=\"${\(variable)}\" ;;\nesac\n"
                )
            ])
    }

    /// ldd(1) is a script that asks one loader after the other; here is the one that mostly answers.
    private static let libraries = ScriptShortcut(
        path: hookFunctions,
        parts: [
            ("$(env --unset=LD_PRELOAD ldd \"${src}\" 2>/dev/null |", "$(stonebake_ldd \"${src}\" 2>/dev/null |"),
            (
                "\ncopy_exec() {\n",
                #"""

                stonebake_ldd() {
                    for stonebake_loader in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1; do
                        case "$1" in /*) ;; *) continue ;; esac
                        if [ -f "$1" ] && [ -r "$1" ] && [ -x "$stonebake_loader" ] && "$stonebake_loader" --verify "$1"; then
                            env --unset=LD_PRELOAD LD_TRACE_LOADED_OBJECTS=1 LD_WARN= LD_BIND_NOW= LD_VERBOSE= \
                                "$stonebake_loader" "$1" 2>&1
                            return
                        fi
                    done
                    env --unset=LD_PRELOAD ldd "$1"
                }

                copy_exec() {

                """#
            ),
        ])
}
