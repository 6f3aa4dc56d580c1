import Diagnostics
import FileTrees
import Testing

struct SuggestionTests {
    @Test(
        arguments: [
            ("packges", "packages"), ("verison", "version"), ("chekcs", "checks"), ("targets", nil), ("Files", "files"),
            ("x", nil), ("", nil), ("zzzzzzzz", nil), ("kernelargs", nil), ("hostnam", "hostname"), ("nmae", "name"),
        ] as [(String, String?)])
    func `the nearest name is the one that was meant`(typed: String, meant: String?) {
        let names = ["name", "version", "packages", "files", "checks", "targets", "hostname", "disk"]
        #expect(nearest(typed, in: names) == meant)
    }

    @Test func `of names that are as near, the first in the alphabet is suggested, whatever their order`() {
        #expect(nearest("cat", in: ["hat", "bat"]) == "bat")
        #expect(nearest("cat", in: ["bat", "hat"]) == "bat")
    }

    @Test func `swapped neighbours are one mistake`() {
        #expect(nearest("nigxn", in: ["nginx"]) == nil)
        #expect(nearest("ngixn", in: ["nginx"]) == "nginx")
    }
}
