package import ContentDigest
package import FileTrees

/// What a person gives a build and no file of it keeps: passphrases, by name. They come from files (`--secret NAME=FILE`)
/// or from the environment (`STONEBAKE_SECRET_NAME`).
package struct Secrets: Sendable {
    /// Paths, by the secret's name.
    package let files: [String: String]
    private let environment: [String: String]

    /// - Parameter files: paths, by the secret's name
    package init(files: [String: String] = [:], environment: [String: String]) {
        self.files = files
        self.environment = environment
    }

    /// Those of the environment that are secrets, for a build of the same within this one.
    package var variables: [String: String] { environment.filter { $0.key.hasPrefix("STONEBAKE_SECRET_") } }

    /// `STONEBAKE_SECRET_LUKS_ROOT` of `luks-root`.
    package static func variable(_ name: String) -> String {
        "STONEBAKE_SECRET_" + name.uppercased().map { $0 == "-" ? "_" : $0 }
    }

    /// Whether it was given at all.
    package func has(_ name: String) -> Bool { files[name] != nil || environment[Self.variable(name)] != nil }

    /// Its bytes; one line end at the end of a file is not part of it.
    ///
    /// - Throws: `HostError.notFound` when it was not given, `.fileSystem` when it is empty, longer than 512 bytes or cannot
    ///   be read. No message holds any of it.
    package func value(of name: String) throws(HostError) -> [UInt8] {
        var value: [UInt8]
        if let path = files[name] {
            value = try Files.read(path)
            if value.last == 10 { value.removeLast() }
        } else if let text = environment[Self.variable(name)] {
            value = Array(text.utf8)
        } else {
            throw HostError(
                .notFound, "the secret '\(name)' was not given",
                hint: "--secret \(name)=FILE, or \(Self.variable(name))")
        }
        guard !value.isEmpty else { throw HostError(.fileSystem, "the secret '\(name)' is empty") }
        // What cryptsetup(8) reads at a prompt; it also ends at a line end there.
        guard value.count <= 512, !value.contains(10), !value.contains(0) else {
            throw HostError(
                .fileSystem, "the secret '\(name)' cannot be typed: it is longer than 512 bytes or has several lines")
        }
        return value
    }

    /// What differs where the secret does, and costs whoever tries to guess it as much time as the disk itself would: a
    /// million rounds of PBKDF2 with the seed as salt. Nil for one that was not given.
    package func mark(of name: String, seed: Digest) throws(HostError) -> Digest? {
        guard has(name) else { return nil }
        let salt = Array("stonebake \(name) \(seed.hex)".utf8)
        guard let mark = Digest.slow(try value(of: name), salt: salt) else {
            throw HostError(.unsupported, "libcrypto has no PBKDF2 with SHA-256")
        }
        return mark
    }
}
