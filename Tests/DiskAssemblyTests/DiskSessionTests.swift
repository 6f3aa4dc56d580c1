import ApplianceSpec
import BuildPlanning
import Diagnostics
import FileTrees
import Glibc
import HostSystem
import Testing

@testable import DiskAssembly

@Suite(.serialized) struct DiskSessionTests {
    @Test func `what the appliance's shell prints of a disk is told apart`() {
        let partitions = """
            DEVNAME=/dev/disk/by-path/scsi-2:0:11:0-part14
            PART_ENTRY_NUMBER=14

            DEVNAME=/dev/disk/by-path/scsi-2:0:11:0-part1
            LABEL=a=b
            TYPE=ext4

            =boot

            """
        let known = [
            14: ["DEVNAME": "/dev/disk/by-path/scsi-2:0:11:0-part14", "PART_ENTRY_NUMBER": "14"],
            1: ["DEVNAME": "/dev/disk/by-path/scsi-2:0:11:0-part1", "LABEL": "a=b", "TYPE": "ext4"],
        ]
        // Nothing behind the mark: a filesystem could not be mounted.
        #expect(DiskVerifier.sight(partitions) == .init(partitions: known, files: nil))
        #expect(DiskVerifier.sight("=boot\n") == .init(partitions: [:], files: nil))
        let files = """
            grub
            vmlinuz-6.12
            =system
            EFI/BOOT/BOOTX64.EFI
            =configuration
            set a=b

            =system
            """
        #expect(
            DiskVerifier.sight(partitions + files)
                == .init(
                    partitions: known,
                    files: .init(
                        boot: ["grub", "vmlinuz-6.12"], system: ["EFI/BOOT/BOOTX64.EFI"],
                        configuration: "set a=b\n\n=system")))
    }

    @Test func `a session that is given up while it starts is gone at once, with its processes`() async throws {
        let host = try TestTools.host()
        let session = try await DiskAssembler(host: host).prepare(useKVM: false)
        // Far enough for QEMU to run, not for the appliance to be up.
        while Processes.emulators(naming: session.folder).isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        let clock = ContinuousClock()
        let start = clock.now
        await session.cancel()
        #expect(clock.now - start < .seconds(5))
        #expect(Processes.naming(session.folder) == [])
        await #expect(throws: CancellationError.self) { _ = try await session.run { _, _ in 1 } }
        // Only the file is left, and it goes with the run.
        #expect(try Files.names(in: session.folder) == [])
        try await host.close()
        #expect(!Files.exists(session.folder))
    }

    @Test func `a disk that is not as planned is refused; cancelling the task that waits for a call ends the call`()
        async throws
    {
        let host = try TestTools.host()
        let session = try await DiskAssembler(host: host).prepare(useKVM: false)
        try await judgeWrongDisk(session)
        // The appliance is up: it has judged a disk. One call has it at a time, so that nothing else may wait for it here.
        let task = Task { try await session.run { handle, _ in try handle.shell("sleep 600") } }
        try await Task.sleep(for: .milliseconds(500))
        let clock = ContinuousClock()
        let start = clock.now
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(clock.now - start < .seconds(5))
        await session.cancel()
        #expect(Processes.naming(session.folder) == [])
        try await host.close()
    }

    /// A partition table with another type for the BIOS boot partition, and no filesystem.
    private func judgeWrongDisk(_ session: DiskSession) async throws {
        let planned = try #require(
            Sample.planner(Sample.settings(boot: [.bios])).layout(for: LayoutTests.wsgi, packages: []).layout)
        var written = planned
        written.partitions[0].typeGUID = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
        let table = PartitionTable(layout: written)
        let place = try #require(session.take())
        try place.disk.resize(to: planned.size)
        try place.disk.write(try table.primary(), at: 0)
        try place.disk.write(try table.backup(), at: table.backupOffset)
        for (layout, reason) in [
            (planned, "partition 14 has PART_ENTRY_TYPE=0fc63daf-8483-4772-8e79-3d69d8477de4, not 21686148-"),
            (written, "partition 1 has LABEL=nothing, not root"),
        ] {
            let error = await #expect(throws: DiskError.self) {
                _ = try await session.run { handle, cancelled in
                    try DiskVerifier(
                        handle: handle, number: place.number, progress: .silent, layout: layout, kernel: "6.12.1",
                        systemPartitionFiles: []
                    )
                    .verify(cancelled)
                }
            }
            #expect(error?.code == .verification)
            #expect(error?.message.contains(reason) == true)
        }
    }

    @Test func `an appliance that cannot start is an error with a way to find out why`() async throws {
        let folder = try TestFolder()
        let host = try Host(testing: "\(folder.path)/store") { $0.environment["LIBGUESTFS_HV"] = "/bin/false" }
        let session = try await DiskAssembler(host: host).prepare(useKVM: false)
        let error = await #expect(throws: DiskError.self) { _ = try await session.run { _, _ in 1 } }
        #expect(error?.code == .appliance)
        #expect(error?.message.hasPrefix("libguestfs cannot start its appliance: ") == true)
        #expect(error?.hint?.contains("libguestfs-test-tool") == true)
        await session.cancel()
        try await host.close()
    }

    @Test func `a kernel that cannot be read is told with its remedy`() async throws {
        let folder = try TestFolder()
        let error = #expect(throws: DiskError.self) { try HostKernel.check(bootFolder: folder.path) }
        #expect(error?.code == .hostKernel)
        #expect(error?.hint?.contains("linux-image-cloud-amd64") == true)
        // A dangling link cannot be read by anyone, root included.
        symlink("/nowhere", "\(folder.path)/vmlinuz-1")
        let unreadable = #expect(throws: DiskError.self) { try HostKernel.check(bootFolder: folder.path) }
        #expect(unreadable?.message == "libguestfs cannot read the kernel '\(folder.path)/vmlinuz-1'")
        #expect(unreadable?.hint?.contains("chmod +r") == true)
        try Files.write("a kernel", to: "\(folder.path)/vmlinuz-2")
        try HostKernel.check(bootFolder: folder.path)
        #expect(unreadable?.exitCode == .unavailable)
    }

    @Test func `the library's socket stays out of tmp where its path is short enough`() {
        let host = ["LIBGUESTFS_DEBUG": "1", "LIBGUESTFS_BACKEND": "libvirt", "HOME": "/root"]
        let short = DiskSession.environment(host, folder: "/store/runs/1")
        #expect(short == ["LIBGUESTFS_DEBUG": "1", "XDG_RUNTIME_DIR": "/store/runs/1"])
        let long = DiskSession.environment(host, folder: "/" + String(repeating: "x", count: 90))
        #expect(long == ["LIBGUESTFS_DEBUG": "1"])
    }
}
