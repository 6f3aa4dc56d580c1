/// How an initramfs is made for each kernel of a root, by shell in it, with `ScriptSurroundings`' folder at /run/stonebake.
enum InitramfsScript {
    /// Defines the function `initramfs`, and sets `compressor` to a file that has to go when it has run.
    static let functions = """
        # There is no disk to ask for its filesystem, whose checker has to be in, nor for a place to resume from.
        mkdir -p /etc/initramfs-tools/conf.d
        printf 'FSTYPE=ext4\\nRESUME=none\\n' >/etc/initramfs-tools/conf.d/stonebake
        initramfs() {
            for modules in /usr/lib/modules/*/; do
                version=$(basename "$modules")
                if [ -e "/boot/vmlinuz-$version" ]; then update-initramfs -c -k "$version" || exit 1; fi
            done
        }
        # Debian has zstd compress it, and gzip where that is not installed, which takes five times as long for it.
        if [ ! -e /usr/bin/zstd ] && echo | /run/stonebake/zstd >/dev/null 2>&1; then
            install /run/stonebake/zstd /usr/bin/zstd
            compressor=/usr/bin/zstd
        fi
        """

    /// zstd(1) for that one purpose, by the root's own library: the same bytes wherever the image is built. It fails where
    /// the root has no Python, or no library.
    static let compressor = """
        #!/usr/bin/python3 -B
        import ctypes, sys
        library = ctypes.CDLL("libzstd.so.1")
        size_t, bytes_t = ctypes.c_size_t, ctypes.c_char_p
        library.ZSTD_compressBound.restype, library.ZSTD_compressBound.argtypes = size_t, [size_t]
        library.ZSTD_isError.argtypes = [size_t]
        library.ZSTD_compress.restype = size_t
        library.ZSTD_compress.argtypes = [ctypes.c_void_p, size_t, bytes_t, size_t, ctypes.c_int]
        plain = sys.stdin.buffer.read()
        room = library.ZSTD_compressBound(len(plain))
        compressed = ctypes.create_string_buffer(room)
        # Debian's level is 9, for 2 % less.
        size = library.ZSTD_compress(compressed, room, plain, len(plain), 3)
        if library.ZSTD_isError(size):
            sys.exit("zstd: cannot compress")
        sys.stdout.buffer.write(memoryview(compressed)[:size])

        """

    /// All of it, for a layer of its own.
    static let whole = """
        set -e
        compressor=
        \(functions)
        initramfs
        if [ "$compressor" ]; then rm $compressor; fi
        """
}

/// The layer that holds the base's initramfs. Its place is right above the base: a later layer may bring one of its own.
package struct InitramfsLayer: Sendable {
    let base: RootLayers
    let folder: String

    /// Layers of the base, this one among them.
    var baseLayers: Int { base.folders.count + 1 }

    /// `layers`, which stand on the base, with this one among them.
    func joined(to layers: RootLayers) -> RootLayers {
        RootLayers(base.folders + [folder] + layers.folders.dropFirst(base.folders.count))
    }
}
