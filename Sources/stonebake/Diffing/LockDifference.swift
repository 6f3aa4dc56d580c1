import BuildPlanning
import ContentDigest
import Foundation

/// How two locks differ.
struct LockDifference: Codable, Equatable {
    struct Field: Codable, Equatable {
        var name: String
        var a: String?
        var b: String?
    }

    struct Item: Codable, Equatable {
        var name: String
        /// `added`, `removed` or `changed`.
        var change: String
        var a: String?
        var b: String?
        /// Bytes to download, of a wheel unknown.
        var sizeA: Int64?
        var sizeB: Int64?
        /// What else than the version moved: its repository, its layer, its content.
        var fields: [Field]
    }

    struct Summary: Codable, Equatable {
        var path: String
        var name: String
        var version: String
        var packages: Int
        /// Bytes.
        var download: Int64
        var installed: Int64

        init(_ lock: Lockfile, path: String) {
            self.path = path
            name = lock.spec.name
            version = lock.spec.version
            packages = lock.packages.count
            download = lock.packages.reduce(0) { $0 + $1.size }
            installed = lock.packages.reduce(0) { $0 + $1.installedSize }
        }
    }

    var format = 1
    var kind = "locks"
    var same: Bool
    var a: Summary
    var b: Summary
    var spec: [Field]
    var repositories: [Field]
    var packages: [Item]
    var wheels: [Item]
    var tools: [Item]

    init(_ one: Lockfile, path pathA: String, _ other: Lockfile, path pathB: String) {
        a = Summary(one, path: pathA)
        b = Summary(other, path: pathB)
        spec = Self.fields([
            ("name", one.spec.name, other.spec.name), ("version", one.spec.version, other.spec.version),
            ("timestamp", Self.time(one.timestamp), Self.time(other.timestamp)),
        ])
        spec += one.spec.inputs.differences(from: other.spec.inputs).map {
            Field(name: "input", a: $0, b: $0)
        }
        let (before, after) = (Self.byID(one.repositories), Self.byID(other.repositories))
        repositories = Set(before.keys).union(after.keys).sorted().compactMap { id in
            let (left, right) = (before[id].map(Self.text), after[id].map(Self.text))
            return left == right ? nil : Field(name: id, a: left, b: right)
        }
        packages = Self.items(one.packages, other.packages)
        tools = Self.items(one.tools, other.tools)
        wheels = Self.items(one.wheels, other.wheels)
        same =
            spec.isEmpty && repositories.isEmpty && packages.isEmpty && tools.isEmpty && wheels.isEmpty && one == other
    }

    private static func fields(_ values: [(String, String?, String?)]) -> [Field] {
        values.filter { $0.1 != $0.2 }.map { Field(name: $0.0, a: $0.1, b: $0.2) }
    }

    private static func time(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }

    private static func byID(_ repositories: [LockedRepository]) -> [String: LockedRepository] {
        Dictionary(repositories.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    }

    private static func text(_ repository: LockedRepository) -> String {
        "\(time(repository.date)) \(repository.components.joined(separator: ",")) \(repository.release.short)"
            + (repository.uri.map { " \($0)" } ?? "")
    }

    private static func items(_ a: [LockedPackage], _ b: [LockedPackage]) -> [Item] {
        func key(_ package: LockedPackage) -> String { "\(package.name):\(package.architecture)" }
        let before = Dictionary(a.map { (key($0), $0) }, uniquingKeysWith: { $1 })
        let after = Dictionary(b.map { (key($0), $0) }, uniquingKeysWith: { $1 })
        return Set(before.keys).union(after.keys).sorted().compactMap { name in
            let (left, right) = (before[name], after[name])
            guard left != right else { return nil }
            let changed = fields([
                ("repository", left?.repository, right?.repository),
                ("layer", left?.layer.rawValue, right?.layer.rawValue),
                ("path", left?.path, right?.path), ("sha256", left?.sha256.short, right?.sha256.short),
                ("installed size", left.map { "\($0.installedSize)" }, right.map { "\($0.installedSize)" }),
            ])
            return Item(
                name: name, change: change(left != nil, right != nil), a: left?.version, b: right?.version,
                sizeA: left?.size, sizeB: right?.size, fields: left == nil || right == nil ? [] : changed)
        }
    }

    private static func items(_ a: [LockedWheel], _ b: [LockedWheel]) -> [Item] {
        let before = Dictionary(a.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        let after = Dictionary(b.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        return Set(before.keys).union(after.keys).sorted().compactMap { name in
            let (left, right) = (before[name], after[name])
            guard left != right else { return nil }
            let changed = fields([
                ("file", left?.file, right?.file), ("sha256", left?.sha256.short, right?.sha256.short),
                ("requested", left.map { "\($0.isRequested)" }, right.map { "\($0.isRequested)" }),
            ])
            return Item(
                name: name, change: change(left != nil, right != nil), a: left?.version, b: right?.version,
                sizeA: nil, sizeB: nil, fields: left == nil || right == nil ? [] : changed)
        }
    }

    private static func change(_ isInA: Bool, _ isInB: Bool) -> String {
        isInA && isInB ? "changed" : isInA ? "removed" : "added"
    }
}
