import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import HostSystem
import RootfsAssembly

/// Everything that some locks need, by where it lies in a mirror folder.
struct MirrorContents: Sendable {
    struct Wanted: Sendable {
        var item: MirrorItem
        var title: String
        var source: Source
    }

    /// What brings it.
    enum Source: Sendable {
        case package(LockedPackage, lock: Int)
        case wheel(LockedWheel)
    }

    /// Sorted by path.
    private(set) var wanted: [Wanted] = []
    let locks: [Lockfile]

    /// - Throws: `HostError` when two locks want different contents under one name.
    init(_ named: [(path: String, lock: Lockfile)]) throws(HostError) {
        locks = named.map(\.lock)
        var found: [String: (Wanted, lock: String)] = [:]
        func add(_ wanted: Wanted, _ lock: String) throws(HostError) {
            guard let (other, otherLock) = found[wanted.item.path] else {
                found[wanted.item.path] = (wanted, lock)
                return
            }
            guard other.item.sha256 != wanted.item.sha256 else { return }
            throw HostError(
                .digestMismatch,
                "'\(lock)' and '\(otherLock)' lock different contents of \(wanted.title) ('\(wanted.item.path)')",
                hint: "an archive has given one name to two files: give each lock a folder of its own, or lock one anew"
            )
        }
        for (index, (path, lock)) in named.enumerated() {
            var origins: [String: MirrorFolder.Origin] = [:]
            for repository in lock.repositories { origins[repository.id] = repository.origin }
            for package in lock.packages + lock.tools {
                guard let origin = origins[package.repository] else { continue }
                let item = MirrorItem(
                    path: MirrorFolder.relativePath(of: package.path, in: origin), sha256: package.sha256)
                let title = "\(package.name) \(package.version)"
                try add(Wanted(item: item, title: title, source: .package(package, lock: index)), path)
            }
            for wheel in lock.wheels {
                let item = MirrorItem(
                    path: MirrorFolder.relativePath(ofWheel: wheel.file, project: wheel.name), sha256: wheel.sha256)
                try add(Wanted(item: item, title: wheel.file, source: .wheel(wheel)), path)
            }
        }
        wanted = found.values.map(\.0).sorted { $0.item.path < $1.item.path }
    }
}

/// Fills a mirror folder with what locks need.
struct Mirroring: Sendable {
    let host: Host
    let folder: MirrorFolder

    struct Outcome {
        var locks = 0
        var files = 0
        var added = 0
        var replaced = 0
        var removed = 0
        /// Bytes of all the files that the locks need.
        var size: Int64 = 0

        func text(folder: String, specs: [String]) -> String {
            var changes = ["\(added) new", "\(files - added - replaced) there already"]
            if replaced > 0 { changes.append("\(replaced) damaged ones replaced") }
            if removed > 0 { changes.append("\(removed) removed") }
            return """
                \(folder): \(files) files (\(ByteSize(bytes: size))) for \(locks) lock\(locks == 1 ? "" : "s"): \
                \(changes.joined(separator: ", "))
                build without a network: stonebake build --offline --mirror \(folder) \(specs.joined(separator: " "))
                """
        }
    }

    /// Verifies what is there, and brings what is missing or damaged: from the store, or from where the locks' archives
    /// are.
    ///
    /// - Parameter prune: removes what earlier runs brought and these locks do not need.
    /// - Throws: `HostError`, `CancellationError`; what has been brought so far stays.
    func fill(with contents: MirrorContents, prune: Bool) async throws -> Outcome {
        let filling = MirrorFilling(folder)
        let host = host
        return try await filling.alone(host) {
            var outcome = Outcome(locks: contents.locks.count, files: contents.wanted.count)
            let states = try await host.progress.step("verify", "look at \(contents.wanted.count) files") {
                try await blocking(named: "verify") { flag in
                    try contents.wanted.map { try filling.state(of: $0.item, cancelled: flag) }
                }
            }
            let lacking = zip(contents.wanted, states).filter { $0.1 != .whole }
            for (wanted, state) in lacking where state == .damaged {
                let path = "\(folder.path)/\(wanted.item.path)"
                host.progress.send(.message(.warning, "'\(path)' is not what was locked; it is replaced"))
            }
            outcome.replaced = lacking.count { $0.1 == .damaged }
            outcome.added = lacking.count - outcome.replaced
            try await bring(lacking.map(\.0), contents, filling)
            let old = try filling.manifest()
            var manifest = old
            for wanted in contents.wanted { manifest[wanted.item.path] = wanted.item.sha256 }
            if prune {
                let needed = Set(contents.wanted.map(\.item.path))
                for path in old.keys where !needed.contains(path) {
                    try filling.remove(path)
                    manifest[path] = nil
                    outcome.removed += 1
                }
            }
            try filling.writePages(manifest)
            try filling.write(manifest: manifest)
            for wanted in contents.wanted {
                outcome.size += try Files.identity("\(folder.path)/\(wanted.item.path)")?.size ?? 0
            }
            return outcome
        }
    }

    private func bring(
        _ lacking: [MirrorContents.Wanted], _ contents: MirrorContents, _ filling: MirrorFilling
    ) async throws {
        guard !lacking.isEmpty else { return }
        try await host.progress.step("download", "bring \(lacking.count) files") {
            let assembler = RootfsAssembler(host: host)
            for (index, lock) in contents.locks.enumerated() {
                let packages = lacking.compactMap { wanted -> LockedPackage? in
                    guard case .package(let package, index) = wanted.source else { return nil }
                    return package
                }
                if !packages.isEmpty { try await assembler.fetch(packages, from: lock, step: "download") }
            }
            let wheels = lacking.compactMap { wanted -> WheelFetcher.Wheel? in
                guard case .wheel(let wheel) = wanted.source else { return nil }
                return WheelFetcher.Wheel(project: wheel.name, file: wheel.file, sha256: wheel.sha256)
            }
            _ = try await WheelFetcher(host: host).fetch(wheels, step: "download")
            let store = host.store
            try await blocking(named: "copy") { flag in
                for wanted in lacking {
                    try flag.check()
                    guard let blob = try store.blob(wanted.item.sha256) else {
                        throw HostError(
                            .notFound, "'\(wanted.title)' has left the store while it was copied", hint: "try again")
                    }
                    try filling.place(wanted.item, from: blob)
                }
            }
        }
    }
}
