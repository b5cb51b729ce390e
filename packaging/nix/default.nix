# caro from this checkout: nix-build packaging/nix, or nix profile install --file packaging/nix
{ pkgs ? import <nixpkgs> { }, python3 ? pkgs.python3 }:

let
  inherit (pkgs) lib;

  caro = python3.pkgs.buildPythonPackage {
    pname = "caro-shell";
    version = builtins.head (builtins.match ".*__version__ = \"([^\"]+)\".*" (builtins.readFile ../../caro_shell/__init__.py));
    pyproject = true;
    src = lib.cleanSource ../..;

    build-system = [ python3.pkgs.hatchling ];
    dependencies = with python3.pkgs; [
      httpx
      huggingface-hub
      jinja2
      llama-cpp-python
      platformdirs
      prompt-toolkit
      pyzmq
      tomlkit
      tree-sitter
      tree-sitter-grammars.tree-sitter-bash
    ];
    # A release of nixpkgs is what it is; what is too old for caro shows in `caro doctor`.
    pythonRelaxDeps = true;
    pythonImportsCheck = [ "caro_shell.cli" ];
    # The tests press keys in real terminals, which a build has none of.
    doCheck = false;

    meta = {
      description = "Words on the command line become a command, written by a model on this machine";
      license = lib.licenses.asl20;
      mainProgram = "caro";
      platforms = lib.platforms.unix;
    };
  };

  # The shells start this interpreter at every key press (`caro init`), so it has to know caro by itself.
  environment = python3.withPackages (_: [ caro ]);
in
pkgs.runCommand "caro-shell-${caro.version}" { inherit (caro) meta; passthru = { inherit caro environment; }; } ''
  mkdir -p $out/bin
  ln -s ${environment}/bin/caro $out/bin/caro
  ln -s ${caro}/share $out/share
''
