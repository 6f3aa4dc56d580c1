package import FileTrees
import Synchronization

/// Finds where an archive lies, by its name: `debian`, `debian-security`, `pypi`, or a name of the user's own.
///
/// The folders of `--mirror DIR` are looked into before all else, file by file (`folders`). Then the first of these that
/// knows the name: `--mirror NAME=URI`; the user's file; the machine's own apt sources, or for
/// `pypi` pip's configuration and pip's own default. Nothing is guessed, and no host's name is in this program.
///
///     $XDG_CONFIG_HOME/stonebake/mirrors, or ~/.config/stonebake/mirrors
///         # one archive a line
///         debian=https://mirror.example/debian
///         internal=file:///srv/packages
package struct ArchiveLocator: Sendable {
    /// From `--mirror DIR`, in order.
    package let folders: [MirrorFolder]
    private let mirrors: [String: String]
    private let environment: [String: String]
    private let apt: AptSources
    private let pip: PipConfiguration
    private let found = Found()

    private final class Found: Sendable {
        let bases = Mutex<[String: String]>([:])
    }

    /// - Parameters:
    ///   - mirrors: archive name to URI, from the command line.
    ///   - folders: what `stonebake mirror` filled, from the command line.
    ///   - systemRoot: the folder whose `etc/` holds the machine's configuration.
    package init(
        mirrors: [String: String], folders: [MirrorFolder] = [], environment: [String: String], systemRoot: String = "/"
    ) {
        self.mirrors = mirrors
        self.folders = folders
        self.environment = environment
        apt = AptSources(systemRoot: systemRoot)
        pip = PipConfiguration(environment: environment, systemRoot: systemRoot)
    }

    /// The archive's base URI, without a slash at its end: for apt what holds `dists/` and `pool/`, for `pypi` the
    /// index itself (`https://…/simple`, PEP 503).
    ///
    /// - Throws: `HostError.unknownArchive`, which says how to give one; for a file that cannot be read its errors.
    package func base(of archive: String) throws(HostError) -> String {
        if let known = found.bases.withLock({ $0[archive] }) { return known }
        let base = Self.trimmed(try search(archive))
        guard Self.isUsable(base) else {
            throw HostError(
                .unknownArchive, "the URI '\(base)' of the archive '\(archive)' is not http, https or file",
                hint: Self.hint(archive))
        }
        found.bases.withLock { $0[archive] = base }
        return base
    }

    /// Where a file may be read from, the best first: the mirror folders, and then the archive itself.
    ///
    /// - Parameter isOffline: leaves out what is not on this machine.
    /// - Throws: `HostError.unknownArchive` where no mirror is known and neither a folder nor `isOffline` makes one
    ///   unnecessary.
    package func locations(
        of file: String, in origin: MirrorFolder.Origin, isOffline: Bool
    ) throws(HostError) -> [String] {
        var urls = folders.map { $0.url(of: MirrorFolder.relativePath(of: file, in: origin)) }
        do throws(HostError) {
            let base =
                switch origin {
                case .archive(let name): try self.base(of: name)
                case .uri(let uri): Self.trimmed(uri)
                }
            if !isOffline || base.hasPrefix("file:") { urls.append("\(base)/\(file)") }
        } catch  where error.code == .unknownArchive && (isOffline || !folders.isEmpty) {
            // What is not in a folder is told of by its own name.
        }
        return urls
    }

    /// Where snapshot archives of Debian's kind have a file of an archive at some dates (`20261120T060000Z`), in their
    /// order: `BASE/archive/debian/20261120T060000Z/pool/…`. Empty for archives that have none.
    ///
    /// - Throws: `HostError.unknownArchive` when no snapshot archive is known; it says how to give one.
    package func snapshotLocations(
        of file: String, in origin: MirrorFolder.Origin, dates: [String], isOffline: Bool
    ) throws(HostError) -> [String] {
        guard case .archive(let name) = origin, Self.hasSnapshots(name) else { return [] }
        var base = try self.base(of: Self.snapshotArchive)
        guard !isOffline || base.hasPrefix("file:") else { return [] }
        if !base.hasSuffix("/archive") { base += "/archive" }
        var seen: Set<String> = []
        return dates.filter { seen.insert($0).inserted }.map { "\(base)/\(name)/\($0)/\(file)" }
    }

    /// The name that snapshot archives are configured by.
    package static let snapshotArchive = "debian-snapshot"

    /// Debian's own: debian, debian-security, debian-backports, debian-ports, …
    package static func hasSnapshots(_ archive: String) -> Bool {
        archive == "debian" || archive.hasPrefix("debian-") && archive != snapshotArchive
    }

    /// What to do about a locked file that is missing or damaged where only this machine is looked at; nil elsewhere.
    package func mirrorHint(isOffline: Bool) -> String? {
        if let folder = folders.first {
            return
                "where there is a network, this brings what is missing or damaged: stonebake mirror SPEC \(folder.path)"
        }
        guard isOffline else { return nil }
        return "run it once without --offline, or give a folder that 'stonebake mirror' filled: --mirror DIR"
    }

    private func search(_ archive: String) throws(HostError) -> String {
        if let uri = mirrors[archive] { return uri }
        if let uri = try userMirrors()[archive] { return uri }
        if archive == "pypi" {
            if let uri = try pip.indexURL() { return uri }
            throw HostError(
                .unknownArchive,
                "no package index is known for the archive 'pypi': pip is neither configured nor there",
                hint: Self.hint(archive))
        }
        if archive == Self.snapshotArchive {
            if let uri = try apt.snapshotBase() { return uri }
            throw HostError(
                .unknownArchive, "no snapshot archive is known: this machine's apt sources have none",
                hint: Self.hint(archive))
        }
        if let uri = try apt.base(of: archive) { return uri }
        throw HostError(
            .unknownArchive, "no mirror is known for the archive '\(archive)': this machine's apt sources have none",
            hint: Self.hint(archive))
    }

    private static func hint(_ archive: String) -> String {
        "give one with --mirror \(archive)=URI, or as a line \(archive)=URI in ~/.config/stonebake/mirrors"
    }

    /// The path of the user's own list of mirrors; nil without a home.
    package var userFile: String? {
        if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") { return "\(folder)/stonebake/mirrors" }
        return environment["HOME"].flatMap { $0.isEmpty ? nil : "\($0)/.config/stonebake/mirrors" }
    }

    private func userMirrors() throws(HostError) -> [String: String] {
        guard let path = userFile, Files.exists(path) else { return [:] }
        var mirrors: [String: String] = [:]
        let lines = try Files.readText(path).split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let text = line.trimmingSpace
            if text.isEmpty || text.hasPrefix("#") { continue }
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                throw HostError(.unknownArchive, "\(path):\(index + 1): '\(text)' is not NAME=URI")
            }
            let uri = text[text.index(after: equals)...].trimmingSpace
            guard isUsable(uri) else {
                throw HostError(.unknownArchive, "\(path):\(index + 1): '\(uri)' is not an http, https or file URI")
            }
            mirrors[text[..<equals].trimmingSpace] = uri
        }
        return mirrors
    }

    private func isUsable(_ uri: String) -> Bool { Self.isUsable(uri) }

    /// Whether downloads can read from the URI.
    static func isUsable(_ uri: String) -> Bool {
        let lower = uri.lowercased()
        return ["http://", "https://", "file:///"].contains { lower.hasPrefix($0) && lower.count > $0.count }
    }

    private static func trimmed(_ uri: String) -> String {
        var text = Substring(uri)
        while text.hasSuffix("/") { text.removeLast() }
        return String(text)
    }
}

extension StringProtocol {
    /// Without the spaces and tabs around it.
    var trimmingSpace: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\n" }
        var text = drop(while: isSpace)
        while let last = text.last, isSpace(last) { text = text.dropLast() }
        return String(text)
    }
}
