internal import FileTrees
internal import Glibc

/// The kernel of x86 as an ELF file out of its bzImage (Documentation/arch/x86/boot.rst). QEMU starts it by its PVH entry,
/// and the guest does not decompress it: emulated, that is a tenth of the start.
enum ApplianceKernel {
    /// Writes the ELF file; returns false when there is none that QEMU could start: another architecture's kernel, an
    /// unknown compression, or no PVH entry. What has been written then is removed.
    ///
    /// - Throws: `HostError` when the kernel cannot be read, or the file not be written.
    static func extract(_ path: String, to target: String) throws -> Bool {
        guard let payload = payload(try Files.read(path)) else { return false }
        let descriptor = open(target, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot write", target) }
        defer { close(descriptor) }
        var isWhole = true
        do {
            try DecompressedFile.read(payload, named: path) { piece in
                isWhole = write(descriptor, piece.baseAddress, piece.count) == piece.count
                return isWhole
            }
        } catch let error as HostError where error.code == .archive {
            isWhole = false
        }
        if isWhole, hasPVHEntry(descriptor) { return true }
        try Files.remove(target)
        return false
    }

    /// The compressed ELF file in a bzImage; nil when it is none.
    static func payload(_ image: [UInt8]) -> [UInt8]? {
        func number(_ offset: Int) -> Int {
            (0..<4).reduce(0) { $0 | Int(image[offset + $1]) << (8 * $1) }
        }
        // "HdrS", and the version of the protocol since which the payload's place is told.
        guard image.count > 0x250, number(0x202) == 0x5372_6448, image[0x207] > 2 || image[0x206] >= 8 else {
            return nil
        }
        let sectors = image[0x1f1] == 0 ? 4 : Int(image[0x1f1])
        let start = (sectors + 1) * 512 + number(0x248)
        var end = start + number(0x24c)
        guard end - start > 8, end <= image.count else { return nil }
        // gzip tells the length at its end; behind the others the kernel's build appends it.
        if !image[start...].starts(with: [0x1f, 0x8b]) { end -= 4 }
        return Array(image[start..<end])
    }

    /// Whether the ELF file has Xen's note with the address at which it is entered without paging (type 18).
    private static func hasPVHEntry(_ file: Int32) -> Bool {
        func bytes(_ offset: Int, _ count: Int) -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: count)
            return pread(file, &bytes, count, off_t(offset)) == count ? bytes : nil
        }
        func number(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> Int {
            (0..<size).reduce(0) { $0 | Int(bytes[offset + $1] & (size == 8 && $1 == 7 ? 0x7f : 0xff)) << (8 * $1) }
        }
        // 64 bits, least significant byte first.
        guard let header = bytes(0, 64), header.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) else { return false }
        let table = number(header, 32, 8)
        for index in 0..<number(header, 56, 2) {
            guard table < 1 << 40, let program = bytes(table + index * 56, 56) else { return false }
            let (offset, size) = (number(program, 8, 8), number(program, 32, 8))
            // PT_NOTE
            guard number(program, 0, 4) == 4, size < 1 << 16, offset < 1 << 40, let notes = bytes(offset, size) else {
                continue
            }
            var position = 0
            while position + 12 <= notes.count {
                let (name, data) = (number(notes, position, 4), number(notes, position + 4, 4))
                if number(notes, position + 8, 4) == 18, notes[(position + 12)...].starts(with: Array("Xen\0".utf8)) {
                    return true
                }
                position += 12 + (name + 3) / 4 * 4 + (data + 3) / 4 * 4
            }
        }
        return false
    }
}
