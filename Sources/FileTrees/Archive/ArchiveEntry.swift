/// One member of an archive, as its header describes it.
package struct ArchiveEntry: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case file, directory, fifo
        case symlink(target: String)
        /// Another name of an earlier member.
        case hardLink(target: String)
        case characterDevice(major: UInt32, minor: UInt32)
        case blockDevice(major: UInt32, minor: UInt32)
    }

    /// As written in the archive; not yet judged.
    package var path: String
    package var kind: Kind
    /// Permission bits with setuid, setgid and sticky.
    package var mode: UInt32
    package var uid: UInt32
    package var gid: UInt32
    /// Names beside the numbers, where the archive has them.
    package var userName: String?
    package var groupName: String?
    /// Bytes.
    package var size: Int64
    /// Seconds since 1970.
    package var modified: Int64
    /// Extended attributes, file capabilities (`security.capability`) among them; sorted by name.
    package var attributes: [Attribute]

    package struct Attribute: Sendable, Equatable {
        package var name: String
        package var value: [UInt8]

        package init(name: String, value: [UInt8]) {
            self.name = name
            self.value = value
        }
    }

    package init(
        path: String, kind: Kind, mode: UInt32, uid: UInt32 = 0, gid: UInt32 = 0, userName: String? = nil,
        groupName: String? = nil, size: Int64 = 0, modified: Int64 = 0, attributes: [Attribute] = []
    ) {
        self.path = path
        self.kind = kind
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.userName = userName
        self.groupName = groupName
        self.size = size
        self.modified = modified
        self.attributes = attributes
    }

    /// The path relative to the root, without `./` before and `/` behind it; empty for the root itself.
    ///
    /// - Throws: `HostError.archive` for an absolute path, one with `..`, and one with a line break, which no package
    ///   list can hold.
    package func containedPath() throws(HostError) -> String { try Self.contained(path) }

    package static func contained(_ path: String) throws(HostError) -> String {
        guard !path.hasPrefix("/") else { throw HostError(.archive, "the path '\(path)' is absolute") }
        guard !path.utf8.contains(10) else {
            throw HostError(.archive, "the path '\(path.split(separator: "\n").first ?? "")…' holds a line break")
        }
        var components: [Substring] = []
        for component in path.split(separator: "/") where component != "." {
            guard component != ".." else { throw HostError(.archive, "the path '\(path)' leaves the root") }
            components.append(component)
        }
        return components.joined(separator: "/")
    }
}
