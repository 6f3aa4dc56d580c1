import ApplianceSpec
import FileTrees
import Foundation
import ImageInspection
import Testing

/// Images whose numbers are anybody's: lint says something of each, and does not crash or run away.
@Suite struct HostileImageTests {
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            // SplitMix64.
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    /// Where each format has its numbers; bytes.
    @Test(arguments: [
        ("disk.raw", [512, 1024, 1_048_576, 1_049_600, 1_050_624, 1_052_672, 9_437_184, 9_437_696]),
        ("disk.qcow2", [0, 65536, 131_072, 196_608, 262_144]),
        ("disk.vmdk", [0, 512, 65536]), ("disk.vhd", [-512]),
        ("disk.vhdx", [65536, 131_072, 196_608, 262_144, 1_048_576, 2_097_152]),
        ("disk.tar", [0, 1024]), ("disk.xva", [0, 512, 1024, 2048]),
    ])
    func `lint survives numbers that lead anywhere`(file: String, places: [Int]) async throws {
        let disk = try TestDisk()
        try await disk.shell(
            """
            mkdir -p tree/etc/d; echo ID=x >tree/etc/os-release; ln -s a tree/etc/l; head -c 200000 /dev/urandom >tree/etc/large
            truncate -s 10M disk.raw
            printf 'label: gpt\\nstart=2048, size=16384, type=L\\nstart=18432, size=1024, type=U\\n' | sfdisk -q disk.raw
            mke2fs -q -F -t ext4 -d tree -E offset=1048576 disk.raw 8M
            mkfs.vfat -C esp 512 >/dev/null; dd if=esp of=disk.raw bs=512 seek=18432 conv=notrunc status=none
            case \(file) in
            *.qcow2) qemu-img convert -O qcow2 disk.raw disk.qcow2 ;;
            *.vmdk) qemu-img convert -O vmdk -o subformat=streamOptimized disk.raw disk.vmdk ;;
            *.vhd) qemu-img convert -O vpc -o subformat=fixed,force_size disk.raw disk.vhd ;;
            *.vhdx) qemu-img convert -O vhdx disk.raw disk.vhdx ;;
            *.tar) echo '<Envelope/>' >x.ovf; tar --format=ustar -cf disk.tar x.ovf disk.raw ;;
            *.xva) mkdir Ref:1; echo '<value/>' >ova.xml; head -c 1048576 disk.raw >Ref:1/00000000
                sha1sum Ref:1/00000000 | cut -c 1-40 >Ref:1/00000000.checksum; tar --format=ustar -cf disk.xva ova.xml Ref:1/* ;;
            esac
            """)
        let path = "\(disk.path)/\(file)"
        let original = try Data(contentsOf: URL(filePath: path))
        var numbers = Numbers(state: UInt64(file.utf8.count) &* 77)
        for round in 0..<60 {
            var bytes = original
            let base = places[round % places.count]
            for _ in 0..<Int.random(in: 1...3, using: &numbers) {
                let at = (base < 0 ? bytes.count + base : base) + Int.random(in: 0..<128, using: &numbers) * 4
                guard at + 8 <= bytes.count else { continue }
                let value: UInt64 =
                    [.max, 1 << 63, UInt64(Int64.max), 0xFFFF_FFFF, 0x7FFF_FFFF, 0, numbers.next()]
                    .randomElement(using: &numbers) ?? 0
                let count = [1, 2, 4, 8].randomElement(using: &numbers) ?? 8
                for index in 0..<count { bytes[at + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
            }
            // A tar's header has to have its checksum, or nobody reads on.
            if [".tar", ".xva"].contains(where: file.hasSuffix) { Self.seal(&bytes, base / 512 * 512) }
            try bytes.write(to: URL(filePath: path))
            let cancelled = CancellationFlag()
            _ = try ContainerLint(BlockSource(path), target: nil, cancelled: cancelled).findings()
            guard file == "disk.raw" else { continue }
            do {
                _ = try ContentLint(disk.open(file), targets: [], cancelled: cancelled).findings()
            } catch is InspectionError {}
        }
    }

    private static func seal(_ bytes: inout Data, _ header: Int) {
        guard header + 512 <= bytes.count else { return }
        let sum = (0..<512).reduce(0) { $0 + ((148..<156).contains($1) ? 32 : Int(bytes[header + $1])) }
        let text =
            Array(String(repeating: "0", count: max(0, 6 - String(sum, radix: 8).count)).utf8)
            + Array(String(sum, radix: 8).utf8)
        for index in 0..<6 { bytes[header + 148 + index] = text[index] }
        bytes[header + 154] = 0
        bytes[header + 155] = 32
    }
}
