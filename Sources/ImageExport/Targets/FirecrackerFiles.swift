import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import HostSystem

/// What Firecracker boots: the kernel out of its bzImage as an ELF file, the initramfs, and the root filesystem without the
/// partition table around it; with the configuration of a machine.
struct FirecrackerFiles {
    let writer: TargetWriter

    private var facts: ApplianceFacts { writer.facts }

    func files() async throws -> [FormatFile] {
        let tree = try await writer.pool.file(.tree, of: writer.disk)
        let (kernelPath, initrdPath) = (try writer.path("-firecracker.bzimage"), try writer.path("-firecracker.initrd"))
        let initrd = try await blocking(named: "kernel") {
            try Self.extract(from: tree.path, kernel: kernelPath, initrd: initrdPath)
            return try WrittenFile(hashing: initrdPath)
        }
        let vmlinux = try await KernelImage(host: writer.host).unpack(
            kernelPath, to: try writer.path("-firecracker.vmlinux"))
        try Files.remove(kernelPath)
        let disk = writer.disk
        let rootPath = try writer.path("-firecracker.ext4")
        let root = try await blocking(named: "root filesystem") { cancelled in
            let source = try DiskSource(disk)
            let output = try FileOutput(rootPath)
            try output.copy(source, try PartitionTableReader(source).root(), cancelled: cancelled)
            return WrittenFile(output)
        }
        let stem = facts.stem
        let configuration: JSONValue = [
            "boot-source": [
                "kernel_image_path": .string("\(stem)-firecracker.vmlinux"),
                "initrd_path": .string("\(stem)-firecracker.initrd"),
                "boot_args": "console=ttyS0 reboot=k panic=1 pci=off root=/dev/vda rw",
            ],
            "drives": [
                [
                    "drive_id": "rootfs", "path_on_host": .string("\(stem)-firecracker.ext4"),
                    "is_root_device": false, "is_read_only": false,
                ]
            ],
            "machine-config": [
                "vcpu_count": .integer(min(facts.cpus, 32)), "mem_size_mib": .integer(Int(facts.memoryMebibytes)),
            ],
            "network-interfaces": [["iface_id": "eth0", "host_dev_name": "tap0"]],
        ]
        let guide = DeploymentGuide(
            target: .firecracker, image: "\(stem)-firecracker.json", facts: facts, capacity: try writer.capacity)
        return [
            writer.file(vmlinux, as: "-firecracker.vmlinux", of: .firecracker),
            writer.file(initrd, as: "-firecracker.initrd", of: .firecracker),
            writer.file(root, as: "-firecracker.ext4", of: .firecracker),
            try writer.text(configuration.prettyText, as: "-firecracker.json", of: .firecracker),
            try writer.text(guide.script, as: "-firecracker.sh", of: .firecracker),
        ]
    }

    /// The newest kernel of the tree and its initramfs.
    private static func extract(from tree: String, kernel: String, initrd: String) throws {
        var newest: [String: String] = [:]
        let reader = try ArchiveReader(path: tree)
        while let entry = try reader.next() {
            for (prefix, path) in [("./boot/vmlinuz-", kernel), ("./boot/initrd.img-", initrd)]
            where entry.path.hasPrefix(prefix) && entry.kind == .file {
                let version = String(entry.path.dropFirst(prefix.utf8.count))
                guard newest[prefix].map({ isNewer(version, than: $0) }) ?? true else { continue }
                newest[prefix] = version
                let output = try FileOutput(path)
                try reader.readData { (piece, _) throws(HostError) in try output.write(piece) }
            }
        }
        guard newest.count == 2 else {
            throw ExportError(.conversion, "the tree's /boot holds no kernel with an initramfs")
        }
    }

    /// By the numbers in them, as versions of one package go.
    private static func isNewer(_ one: String, than other: String) -> Bool {
        func numbers(_ text: String) -> [Int] { text.split { !$0.isNumber }.map { Int($0) ?? 0 } }
        return numbers(other).lexicographicallyPrecedes(numbers(one))
    }
}

/// A Linux kernel of x86 (Documentation/arch/x86/boot.rst): a bzImage carries the compressed ELF file.
struct KernelImage {
    let host: Host

    /// By their first bytes.
    private static let programs: [(magic: [UInt8], command: [String])] = [
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], ["xz", "-dc", "--single-stream"]),
        ([0x28, 0xB5, 0x2F, 0xFD], ["zstd", "-dcq"]), ([0x1F, 0x8B], ["gzip", "-dc"]),
        ([0x42, 0x5A, 0x68], ["bzip2", "-dc"]),
    ]

    func unpack(_ path: String, to output: String) async throws -> WrittenFile {
        let bytes = try Files.read(path)
        func word(_ offset: Int) -> Int {
            (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
        }
        guard bytes.count > 0x250, Array(bytes[0x202..<0x206]) == Array("HdrS".utf8) else {
            throw ExportError(.conversion, "the kernel is no bzImage of x86")
        }
        let sectors = bytes[0x1F1] == 0 ? 4 : Int(bytes[0x1F1])
        let start = (sectors + 1) * 512 + word(0x248)
        let end = start + word(0x24C)
        guard start < end, end <= bytes.count,
            let program = Self.programs.first(where: { bytes[start..<end].starts(with: $0.magic) })
        else { throw ExportError(.conversion, "the kernel is compressed in a way that is not known") }
        // The kernel's build puts the length behind all but gzip's own.
        let length = program.command[0] == "gzip" ? end : end - 4
        let packed = "\(output).packed"
        try Files.write(Array(bytes[start..<length]), to: packed)
        defer { discardTree(packed) }
        let command = Command(program.command[0], Array(program.command.dropFirst())).with {
            $0.input = .file(packed)
            $0.output = .file(output)
        }
        try await host.runner.check(command, purpose: "unpacking the kernel")
        let made = try await blocking(named: "digest") { try WrittenFile(hashing: output) }
        let head = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 4)
        defer { head.deallocate() }
        try DiskSource(output).read(into: head, at: 0)
        guard Array(head) == [0x7F, 0x45, 0x4C, 0x46] else {
            throw ExportError(.conversion, "what the kernel carries is no ELF file")
        }
        return made
    }
}

/// Finds root in a GPT: by the Discoverable Partitions Specification's types.
struct PartitionTableReader {
    private let disk: DiskSource

    init(_ disk: DiskSource) {
        self.disk = disk
    }

    /// Bytes of the disk.
    func root() throws -> Range<Int64> {
        let table = UnsafeMutableRawBufferPointer.allocate(byteCount: 34 * 512, alignment: 512)
        defer { table.deallocate() }
        try disk.read(into: table, at: 0)
        guard Array(table[512..<520]) == Array("EFI PART".utf8) else {
            throw ExportError(.conversion, "the disk has no GPT")
        }
        for number in 0..<128 {
            let entry = 1024 + number * 128
            guard Array(table[entry..<entry + 16]) == Self.rootType else { continue }
            let first = Int64(littleEndian: table.loadUnaligned(fromByteOffset: entry + 32, as: Int64.self))
            let last = Int64(littleEndian: table.loadUnaligned(fromByteOffset: entry + 40, as: Int64.self))
            guard first > 0, last >= first, (last + 1) * 512 <= disk.size else { break }
            return first * 512..<(last + 1) * 512
        }
        throw ExportError(.conversion, "the disk has no root partition")
    }

    /// 4f68bce3-e8cd-4db1-96e7-fbcaf984b709, root of x86-64, in the order of its bytes on the disk.
    private static let rootType: [UInt8] = [
        0xE3, 0xBC, 0x68, 0x4F, 0xCD, 0xE8, 0xB1, 0x4D, 0x96, 0xE7, 0xFB, 0xCA, 0xF9, 0x84, 0xB7, 0x09,
    ]
}
