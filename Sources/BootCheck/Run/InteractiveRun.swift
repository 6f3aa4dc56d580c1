import FileTrees
import HostSystem

extension BootChecker {
    /// Boots an image for a person, with its console on this terminal, until the guest switches itself off or the
    /// person ends it (Ctrl-a x). Where standard input is no terminal, the console is only shown.
    ///
    /// - Parameter announce: called once, before the guest's first line, with how it is reached.
    /// - Throws: `BootCheckError`, `HostError`, `CancellationError`.
    package func run(
        _ request: RunRequest, announce: @escaping @Sendable (RunningGuest) -> Void
    ) async throws {
        try await run(request, terminal: ConsoleTerminal(), announce: announce)
    }

    func run(
        _ request: RunRequest, terminal: ConsoleTerminal, announce: @escaping @Sendable (RunningGuest) -> Void
    ) async throws {
        let (qemu, proof) = try await host.virtualization()
        let folder = try host.scratch.newFolder("run")
        defer { discardTree(folder) }
        let settings = try await prepare(request, in: folder, qemu, proof.accelerator)
        let accelerator = proof.works ? "KVM" : "emulated: \(proof.reason)"
        try await Machine.run(settings, folder: folder, runner: host.runner) { machine in
            defer { terminal.restore() }
            let ssh =
                "ssh -i \(Command.quoted("\(folder)/\(SSHShell.keyName)")) -o StrictHostKeyChecking=no "
                + "-o UserKnownHostsFile=/dev/null -p \(machine.ports[22] ?? 22) root@127.0.0.1"
            announce(RunningGuest(ports: machine.ports, sshCommand: ssh, accelerator: accelerator))
            terminal.attach()
            if terminal.isInteractive { terminal.write(Array((ConsoleKeys.help + "\n").utf8)) }
            try await Self.relay(machine, terminal)
        }
    }

    /// Carries bytes both ways until either side ends.
    private static func relay(_ machine: Machine, _ terminal: ConsoleTerminal) async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await chunk in machine.console.incoming { terminal.write(chunk) }
            }
            if terminal.isInteractive {
                group.addTask {
                    var keys = ConsoleKeys()
                    for await chunk in terminal.typed {
                        let result = keys.add(chunk)
                        if !result.bytes.isEmpty { try? machine.console.send(result.bytes) }
                        if result.isHelp { terminal.write(Array("\n\(ConsoleKeys.help)\n".utf8)) }
                        if result.isQuit { return }
                    }
                }
            }
            await group.next()
            group.cancelAll()
        }
        try Task.checkCancellation()
        if machine.result == nil { _ = try? await machine.monitor.execute("quit", limit: 5) }
    }

    private func prepare(
        _ request: RunRequest, in path: String, _ qemu: QEMU, _ accelerator: Accelerator
    ) async throws -> MachineSettings {
        let folder = MachineFolder(path: path, runner: host.runner)
        var disk: String? = MachineSettings.File.overlay
        var others = request.otherDisks.indices.map(MachineSettings.File.overlay)
        var keptKey: String?
        switch request.changes {
        case _ where request.kernel != nil: disk = nil
        case .discarded:
            try await folder.makeOverlay(of: request.image, format: request.format, size: request.diskSize)
            try await folder.makeOverlays(of: request.otherDisks)
        case .kept(let overlay):
            let absolute = overlay.hasPrefix("/") ? overlay : "\(try FilePaths.absolute("."))/\(overlay)"
            if !Files.exists(absolute) {
                try await folder.makeOverlay(
                    of: request.image, format: request.format, size: request.diskSize, at: absolute)
            }
            try await folder.makeOverlays(of: request.otherDisks, kept: absolute)
            disk = absolute
            others = request.otherDisks.indices.map { "\(absolute)-\($0 + 1)" }
            keptKey = "\(absolute)-key"
        }
        let code = try folder.makeFirmware(request.firmware)
        // A kept overlay has had its first boot: the same instance, so that cloud-init does not start over.
        let instance = request.changes == .discarded ? "\(Files.name(of: path))-\(host.now())" : "kept"
        let key = try await folder.makeKey(
            seed: request.readsSeed ? ("stonebake-\(instance)", request.hostname) : nil,
            parameters: request.guestParameters, kept: keptKey)
        return MachineSettings(
            qemu: qemu, accelerator: accelerator, firmware: request.firmware, firmwareCode: code,
            disk: disk.map { ($0, .qcow2) }, isThrowAway: request.changes == .discarded, hasSeed: request.readsSeed,
            otherDisks: others, rootKey: request.readsSeed ? nil : key,
            credentialArguments: try request.guestParameters.write(to: path),
            memory: request.memory, cpus: request.cpus, forwards: request.forwards, hasNetworkOutside: true,
            consoleLog: request.consoleLog ?? "\(path)/console.log", kernel: request.kernel)
    }
}
