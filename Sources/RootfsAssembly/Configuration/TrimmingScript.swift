import ApplianceSpec
import HostSystem
import SandboxInside

/// Takes documentation and message catalogues out of the tree, and keeps dpkg from bringing them back with the next
/// upgrade (dpkg.cfg(5), `path-exclude`).
struct TrimmingScript {
    let packages: PackageSelection

    var isNeeded: Bool { !packages.hasDocumentation || packages.languages != nil }

    private static let documentation = ["doc", "man", "info", "groff", "lintian", "linda", "doc-base"]

    /// dpkg's patterns, the later ones stronger.
    var settings: PlacedEntry {
        var lines: [String] = []
        if !packages.hasDocumentation {
            lines += Self.documentation.map { "path-exclude=/usr/share/\($0)/*" }
            // The licences ask for it.
            lines.append("path-include=/usr/share/doc/*/copyright")
        }
        if let languages = packages.languages {
            lines += ["path-exclude=/usr/share/locale/*/*", "path-include=/usr/share/locale/locale.alias"]
            lines += languages.flatMap { language in
                ["", "_*", "@*"].map { "path-include=/usr/share/locale/\(language)\($0)/*" }
            }
        }
        return PlacedEntry(
            path: "/etc/dpkg/dpkg.cfg.d/50-stonebake", content: .text(lines.map { $0 + "\n" }.joined()))
    }

    var script: String {
        var lines = ["set -e"]
        if !packages.hasDocumentation {
            lines += [
                "find /usr/share/doc -mindepth 1 ! -type d ! -name copyright -delete",
                "find /usr/share/doc -mindepth 1 -type d -empty -delete",
            ]
            lines += Self.documentation.dropFirst().map { folder in
                "if [ -d /usr/share/\(folder) ]; then find /usr/share/\(folder) -mindepth 1 ! -type d -delete; fi"
            }
        }
        if let languages = packages.languages {
            let kept = languages.flatMap { [$0, "\($0)_*", "\($0)@*"] }.map { "! -name \(Command.quoted($0))" }
            lines.append(
                "if [ -d /usr/share/locale ]; then find /usr/share/locale -mindepth 1 -maxdepth 1 -type d "
                    + "\(kept.joined(separator: " ")) -exec rm -rf {} +; fi")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
