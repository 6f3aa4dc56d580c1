import ApplianceSpec
import Diagnostics
import SandboxInside

extension PlacedEntry {
    init(_ file: FileEntry) {
        let content: Content =
            switch file.content {
            case .text(let text): .text(text)
            case .source(let path): .source(path)
            case .symlink(let target): .symlink(target)
            case .directory: .directory
            case .absent: .absent
            }
        self.init(path: file.path.value, content: content, mode: file.mode, owner: file.owner)
    }
}
