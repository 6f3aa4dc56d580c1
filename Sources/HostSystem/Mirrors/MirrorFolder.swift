/// A folder that holds what locks need, laid out as the archives are: `stonebake mirror` fills it, `--mirror DIR` reads
/// it.
///
///     DIR/debian/pool/main/n/nginx/…deb      an archive by its name: files where locks say that they lie in it
///     DIR/URI/apt.example.org/x/pool/…deb    a repository that a spec gives by its URI
///     DIR/pypi/flask/flask-3.1.2-….whl       wheels, by project; with an index.html each (PEP 503), so that pip and
///     DIR/pypi/flask/index.html              other Stonebakes can read the folder through a web server too
///     DIR/SHA256SUMS                         all that is in it, for `sha256sum --check`
///
/// Names of archives are lower case, so that none is `URI`.
package struct MirrorFolder: Sendable, Equatable {
    /// Where a file belongs to.
    package enum Origin: Sendable, Hashable {
        case archive(String)
        /// A repository's own address.
        case uri(String)
    }

    package static let wheels = "pypi"

    /// Absolute.
    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// Where a file of an archive lies, relative to the folder.
    package static func relativePath(of file: String, in origin: Origin) -> String {
        switch origin {
        case .archive(let name): "\(name)/\(file)"
        case .uri(let uri): "URI/\(folderName(of: uri))/\(file)"
        }
    }

    /// Where a wheel lies, relative to the folder.
    package static func relativePath(ofWheel file: String, project: String) -> String {
        "\(wheels)/\(SimpleIndex.normalized(project))/\(file)"
    }

    /// The `file:` URL of what lies there.
    package func url(of relativePath: String) -> String { Self.fileURL("\(path)/\(relativePath)") }

    /// Host and path of a URI as folders, without credentials; what is not plain in a file's name is `_`.
    static func folderName(of uri: String) -> String {
        let rest = uri.firstRange(of: "://").map { uri[$0.upperBound...] } ?? uri[...].drop { $0 != "/" }
        var steps = rest.split(separator: "/").map(String.init)
        if let host = steps.first, !rest.hasPrefix("/"), let at = host.lastIndex(of: "@") {
            steps[0] = String(host[host.index(after: at)...])
        }
        let safe = steps.filter { $0 != "." && $0 != ".." }.map { step in
            String(
                step.unicodeScalars.map { scalar in
                    switch scalar {
                    case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "+", "~": Character(scalar)
                    default: "_"
                    }
                })
        }
        return safe.isEmpty ? "_" : safe.joined(separator: "/")
    }

    /// A path as a URL (RFC 8089); libcurl decodes it again.
    package static func fileURL(_ path: String) -> String {
        let hex = Array("0123456789ABCDEF")
        var text = "file://"
        for byte in path.utf8 {
            switch UInt8(byte) {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"), UInt8(ascii: "+"):
                text.unicodeScalars.append(UnicodeScalar(byte))
            default: text += "%\(hex[Int(byte >> 4)])\(hex[Int(byte & 15)])"
            }
        }
        return text
    }
}
