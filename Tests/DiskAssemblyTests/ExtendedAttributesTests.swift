import BuildPlanning
import Testing
import TreeMeasures

@testable import DiskAssembly

@Suite struct ExtendedAttributesTests {
    @Test func `attributes are set by requests to debugfs, and what a request cannot hold is refused`() throws {
        let broken = ExtendedAttributes(items: [.init(path: "a\nrm b", name: "user.x", value: [1])])
        #expect(throws: DiskError.self) { try broken.requests(folder: "/x") }
        let good = ExtendedAttributes(items: [
            .init(path: "a", name: "user.x", value: [3]), .init(path: "a", name: "user.y", value: [2]),
        ])
        #expect(
            try good.requests(folder: "/x") == """
                ea_set -f /x/value-0 "/a" user.x
                ea_set -f /x/value-1 "/a" user.y

                """)
    }
}
