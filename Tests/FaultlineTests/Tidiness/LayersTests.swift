import Testing

/// Calls between the folders of the kernel module go down.
@Suite("Layers")
struct LayersTests {
    /// Functions by name with the lowest folder that declares one, and the names that each file keeps to itself.
    private struct Functions {
        var rank: [Substring: Int] = [:]
        var own: [String: Set<Substring>] = [:]

        init(_ files: [SourceFile]) {
            let declaration = /(?m)^( *)([^\n]*?)\bfunc (\w+)/
            for file in files {
                guard let rank = file.layer.flatMap(Layers.rank) else { continue }
                for match in file.code.matches(of: declaration.wordBoundaryKind(.simple)) {
                    let isPrivate = match.2.contains("private")
                    // What stands deeper is a function within a function, or a method of a nested type.
                    if isPrivate || match.1.count > 4 {
                        own[file.path, default: []].insert(match.3)
                    } else {
                        self.rank[match.3] = min(self.rank[match.3] ?? rank, rank)
                    }
                }
            }
        }
    }

    /// Calls without a receiver, or of `self` and of the machine: a method of another value belongs to that value's type. In a file
    /// that does not extend the machine, a call without a receiver is one of its own type's.
    private static func calls(_ code: String) -> [Substring] {
        let extendsMachine = code.contains("extension Machine")
        var names: [Substring] = []
        for match in code.matches(of: /(func |case |[\w.)\]!?]*\.)?([a-zA-Z_]\w*)\(/) {
            let isOwn = match.1 == nil || match.1 == "self."
            if isOwn ? extendsMachine : match.1 == "machine." { names.append(match.2) }
        }
        return names
    }

    @Test("a call from a lower folder to a function of a higher one is a named upcall")
    func callsGoDown() throws {
        let files = try SourceFile.all("Sources/Faultline")
        let functions = Functions(files)
        var used: Set<Layers.Upcall> = []
        for file in files {
            guard let layer = file.layer, let rank = Layers.rank(layer) else { continue }
            let own = functions.own[file.path] ?? []
            for name in Self.calls(file.code) where !own.contains(name) {
                guard let target = functions.rank[name], target > rank else { continue }
                let known = Layers.upcalls.first {
                    $0.from == layer && $0.to == Layers.names[target] && $0.function == name
                }
                if let known {
                    used.insert(known)
                } else {
                    Issue.record(
                        "\(file.path) calls \(name) of \(Layers.names[target]): move one of them, or pass the result down"
                    )
                }
            }
        }
        for upcall in Layers.upcalls where !used.contains(upcall) {
            Issue.record("no one in \(upcall.from) calls \(upcall.function) any more: take it off the list")
        }
    }

    @Test("a type of a lower layer does not name a type of a higher one")
    func typesLookDown() throws {
        // Handles are typed by what they refer to, and every part of the kernel may extend the machine.
        let allowed: Set<Substring> = ["Machine"]
        let files = try SourceFile.all("Sources/Faultline")
        var rank: [Substring: Int] = [:]
        // The lowest folder with a nested type, or another name of a type, that is called so too.
        var nested: [Substring: Int] = [:]
        let declaration = /(?m)^( *)(?:[a-z]+ )*(?:struct|class|enum|protocol|typealias|associatedtype) ([A-Z]\w+)/
        for file in files {
            guard let layer = file.layer.flatMap(Layers.rank) else { continue }
            for match in file.code.matches(of: declaration.wordBoundaryKind(.simple)) {
                if match.1.isEmpty {
                    rank[match.2] = layer
                } else {
                    nested[match.2] = min(nested[match.2] ?? layer, layer)
                }
            }
        }
        let highest = try #require(Layers.rank("Physical"))
        for file in files {
            guard let layer = file.layer.flatMap(Layers.rank), layer <= highest else { continue }
            for match in file.code.matches(of: /\b[A-Z]\w+\b/.wordBoundaryKind(.simple))
            where !allowed.contains(match.0) {
                if let other = rank[match.0], other > layer, nested[match.0] ?? other > layer {
                    Issue.record("\(file.path) names \(match.0) of \(Layers.names[other])")
                }
            }
        }
    }

    @Test("every file of the kernel module lies in a layer")
    func filesAreInLayers() throws {
        for file in try SourceFile.all("Sources/Faultline") {
            #expect(file.layer.flatMap(Layers.rank) != nil, "\(file.path) lies in no folder of Layers.names")
        }
    }

    @Test("comments, strings and what they interpolate are told apart")
    func readsCode() {
        let file = SourceFile(
            path: "a.swift",
            text: #"""
                extension Machine {}
                let a = "exit(\(count(")")) \" page()" // zap()
                /* lock() */ free("""
                  "walk()" \(x)
                  """)
                """#)
        #expect(Self.calls(file.code) == ["count", "free"])
    }
}
