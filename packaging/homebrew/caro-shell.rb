# A Homebrew formula for a tap of your own, installed from a checkout; docs/installing.md says how.
class CaroShell < Formula
  desc "Words on the command line become a command, written by a model on this machine"
  license "Apache-2.0"
  # Of its environment, Homebrew hands on what begins with HOMEBREW_.
  head ENV.fetch("HOMEBREW_CARO_CHECKOUT", Dir.pwd), using: :git

  # llama.cpp is built here, for this machine; on Apple silicon that is with Metal.
  depends_on "cmake" => :build
  depends_on "python@3.13"

  def install
    python = Formula["python@3.13"].opt_bin/"python3.13"
    system python, "-m", "venv", libexec
    # Of what caro needs, pip takes wheels where there are any; the bounds are those of pyproject.toml.
    system libexec/"bin/python", "-m", "pip", "install", buildpath
    bin.install_symlink libexec/"bin/caro"
    man1.install_symlink libexec/"share/man/man1/caro.1"
    zsh_completion.install_symlink libexec/"share/zsh/site-functions/_caro"
    bash_completion.install_symlink libexec/"share/bash-completion/completions/caro"
    fish_completion.install_symlink libexec/"share/fish/vendor_completions.d/caro.fish"
  end

  def caveats
    <<~TEXT
      One step is left, which asks before each thing that it does:
        caro setup
      It fetches a model and puts the key, Ctrl-G, into your shell. Before `brew uninstall`, say: caro uninstall
    TEXT
  end

  test do
    assert_match "source", shell_output("#{bin}/caro init zsh")
    assert_match "safe", shell_output("#{bin}/caro check 'ls -l'")
  end
end
