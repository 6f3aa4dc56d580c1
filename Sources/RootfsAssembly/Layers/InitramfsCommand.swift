import Glibc
import HostSystem

/// `stonebake internal compress-initramfs FOLDER`: appends to each initramfs in the root's /boot the part that mkinitramfs
/// would have had compressed, which lies in the folder uncompressed. As zstd, which takes a fifth of gzip's time here, and
/// a third of it when the kernel unpacks it.
enum InitramfsCommand {
    /// The parts' names are this, a point, and the kernel's version.
    static let plain = "initramfs-main"
    /// The variable that tells the stand-in for zstd(1) the version.
    static let version = "STONEBAKE_INITRAMFS"
    /// Bound over while mkinitramfs runs: a file that binding has made is removed here.
    static let compressor = "/usr/bin/zstd"
    /// Debian's initramfs-tools has its zstd take 9, for 2 % less.
    private static let level = 3

    static func run(_ arguments: [String], environment: [String: String]) throws {
        guard arguments.count == 1, let path = environment[Sandbox.rootVariable] else {
            throw HostError(.unsupported, "internal compress-initramfs: wrong arguments")
        }
        var parts: [(version: String, descriptor: Int32)] = []
        for name in try Files.names(in: arguments[0]) where name.hasPrefix("\(plain).") {
            let descriptor = open("\(arguments[0])/\(name)", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw Files.failure(errno, "cannot open", "\(arguments[0])/\(name)") }
            parts.append((String(name.dropFirst(plain.count + 1)), descriptor))
        }
        try Archives.prepare()
        try ContainedFolder(path).enter()
        if try Files.identity(compressor)?.size == 0 { try Files.remove(compressor) }
        for part in parts {
            try append(part.descriptor, to: "/boot/initrd.img-\(part.version)")
        }
        print("{}")
    }

    private static func append(_ source: Int32, to path: String) throws(HostError) {
        let target = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
        guard target >= 0 else { throw Files.failure(errno, "cannot open", path) }
        defer { close(target) }
        let compressor = try StreamCompressor(descriptor: target, name: path, level: level)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = read(source, buffer.baseAddress, buffer.count)
            guard count >= 0 else { throw Files.failure(errno, "cannot read what belongs to", path) }
            if count == 0 { break }
            try compressor.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        try compressor.finish()
    }
}
