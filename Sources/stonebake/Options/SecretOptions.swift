import ArgumentParser
import Foundation

/// Passphrases of encrypted disks, given by the name that the spec has for them.
struct SecretOptions: ParsableArguments {
    @Option(
        name: .customLong("secret"),
        help: ArgumentHelp(
            "A file whose content is a secret that the spec names (otherwise the environment variable "
                + "STONEBAKE_SECRET_NAME); may be given several times.",
            valueName: "name=file"),
        completion: .file())
    var secrets: [String] = []

    func validate() throws {
        for secret in secrets {
            guard let (_, path) = Self.parts(secret) else {
                throw ValidationError(
                    "'\(secret.prefix { $0 != "=" })' is not NAME=FILE, for example disk=passphrase.txt")
            }
            guard FileManager.default.fileExists(atPath: path) else {
                throw ValidationError("there is no file '\(path)' with a secret")
            }
        }
    }

    private static func parts(_ secret: String) -> (String, String)? {
        guard let split = secret.firstIndex(of: "="), split != secret.startIndex else { return nil }
        let path = String(secret[secret.index(after: split)...])
        return path.isEmpty ? nil : (String(secret[..<split]), path)
    }

    /// Absolute paths of the files, by the secret's name.
    var files: [String: String] {
        Dictionary(
            secrets.compactMap(Self.parts).map { ($0.0, URL(filePath: $0.1).standardized.path) },
            uniquingKeysWith: { $1 })
    }
}
