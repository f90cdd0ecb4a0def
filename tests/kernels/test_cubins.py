"""The kernels compile for every GPU of a van, with nvcc and without, and spill no register."""

import shutil
import stat
import sys
from pathlib import Path

import pytest

from appliance.errors import MachineError
from appliance.jetson import cubins
from appliance.jetson.cubins import (
    Nvcc,
    Nvrtc,
    Report,
    Usage,
    build_cubin,
    cubin_file,
    find_compiler,
)
from tests.kernels.nvrtc import find_nvrtc

ORIN, THOR = (8, 7), (11, 0)
KERNELS = {
    *(
        "letterbox_f16",
        "letterbox_f32",
        "warp_f16",
        "warp_f32",
        "gauge",
        "region",
        "erase",
        "merge",
    ),
    *(f"{kind}_{n}" for kind in ("search_f16", "search_i8", "rescore") for n in (8, 16, 32)),
}
SAID = (
    "ptxas info    : Compiling entry function 'erase' for 'sm_87'\n"
    "    8 bytes stack frame, 4 bytes spill stores, 12 bytes spill loads\n"
    "ptxas info    : Used 40 registers, used 0 barriers\n"
)


@pytest.fixture
def jetpack6(monkeypatch):
    """The compiler that JetPack 6 has, as a library."""
    return find_nvrtc(12, monkeypatch)


@pytest.fixture
def newest(monkeypatch):
    """nvcc where it is installed, else the library of JetPack 7."""
    nvcc = shutil.which("nvcc")
    return Nvcc(nvcc) if nvcc else find_nvrtc(13, monkeypatch)


@pytest.fixture
def program(tmp_path):
    """Make a program of shell commands; $out is where nvcc is told to write."""

    def make(commands):
        file = tmp_path / "nvcc"
        head = '#!/bin/sh\nout=$(echo "$@" | sed "s/.*--output-file \\([^ ]*\\).*/\\1/")\n'
        file.write_text(f'{head}[ "$1" = --version ] && echo "release 99.9, V99.9.1" && exit\n')
        with file.open("a") as script:
            script.write(commands)
        file.chmod(0o755)
        return Nvcc(str(file), patience_s=5)

    return make


def demand_good(report, folder, capability):
    assert {usage.kernel for usage in report.usages} == KERNELS
    assert report.spills == ()
    assert all(0 < usage.registers <= 255 for usage in report.usages)
    assert report.file == cubin_file(folder, capability)
    assert stat.S_IMODE(report.file.stat().st_mode) == 0o644
    assert list(folder.iterdir()) == [report.file]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("capability", [ORIN, THOR], ids=["Orin", "Thor"])
def test_both_vans_gpus_have_registers_enough(newest, tmp_path, capability):
    demand_good(build_cubin(capability, tmp_path, newest), tmp_path, capability)


@pytest.mark.timeout(600)
def test_jetpack_6_compiles_without_nvcc(jetpack6, tmp_path):
    report = build_cubin(ORIN, tmp_path, jetpack6)
    demand_good(report, tmp_path, ORIN)
    assert report.compiler == "NVRTC 12.6"


@pytest.mark.timeout(600)
def test_jetpack_6_knows_no_thor_and_says_so_in_one_line(jetpack6, tmp_path):
    with pytest.raises(
        MachineError, match=r"^NVRTC does not compile .*--gpu-architecture"
    ) as caught:
        build_cubin(THOR, tmp_path, jetpack6)
    assert "\n" not in caught.value.advice()
    assert not list(tmp_path.iterdir())


@pytest.mark.timeout(600)
@pytest.mark.parametrize("compiler", ["newest", "jetpack6"])
def test_the_first_fault_in_the_source_is_shown(request, monkeypatch, tmp_path, compiler):
    compiler = request.getfixturevalue(compiler)
    broken = tmp_path / "kernels.cu"
    broken.write_text('#include "pixels.cuh"\n__global__ void f() { nonsense; }\nint g = later;\n')
    (tmp_path / "pixels.cuh").write_text("\n")
    monkeypatch.setattr(cubins, "SOURCES", (broken, tmp_path / "pixels.cuh"))
    with pytest.raises(MachineError, match=r'kernels.cu\(2\): error: .*"nonsense"') as caught:
        compiler.compile("sm_87")
    assert "later" not in caught.value.advice()


def test_what_was_there_before_stays_until_something_better_is(program, tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    file = cubin_file(folder, ORIN)
    file.write_bytes(b"old")
    with pytest.raises(MachineError):
        build_cubin(ORIN, folder, program("exit 1"))
    assert file.read_bytes() == b"old"
    assert list(folder.iterdir()) == [file]


@pytest.mark.parametrize(
    ("commands", "said"),
    [
        ("kill -9 $$", "it says nothing"),
        ("echo 'gcc: fatal error: no input'; echo more; exit 1", "gcc: fatal error: no input"),
        ("printf '\\n  a   fault\\n'; exit 3", "a fault"),
        ("yes error | head -c 9999 | tr '\\n' ' '; exit 3", "error error"),
    ],
)
def test_a_compiler_that_dies_is_quoted_in_one_line(program, tmp_path, commands, said):
    with pytest.raises(MachineError, match=f"^nvcc does not compile the kernels: {said}") as caught:
        build_cubin(ORIN, tmp_path / "cache", program(commands))
    assert len(caught.value.advice()) < 350
    assert "Install" in caught.value.mend
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    "made",
    ["", "printf not-elf", "head -c 9000 /dev/zero", "head -c 63 $whole", "head -c 2000 $whole",
     "head -c -1 $whole", "cat /bin/sh"],
)  # fmt: skip
def test_half_a_file_is_never_kept(program, newest, tmp_path, made):
    whole = build_once(newest, tmp_path)
    write = f"whole={whole}; {made} > $out\n" if made else ""
    with pytest.raises(MachineError, match=r"^nvcc 99.9.1 gave no whole machine code"):
        build_cubin(ORIN, tmp_path / "cache", program(f"{write}cat <<'X'\n{SAID}X\n"))
    assert not (tmp_path / "cache").exists()


def test_code_without_a_kernel_is_no_code(program, newest, tmp_path):
    whole = build_once(newest, tmp_path)
    with pytest.raises(MachineError, match="no whole machine code"):
        build_cubin(ORIN, tmp_path / "cache", program(f"cp {whole} $out"))


def test_spills_are_reported(program, newest, tmp_path):
    whole = build_once(newest, tmp_path)
    compiler = program(f"cp {whole} $out; cat <<'X'\n{SAID}X\n")
    report = build_cubin(ORIN, tmp_path / "cache", compiler)
    assert report.compiler == "nvcc 99.9.1"
    assert report.usages == (cubins.Usage("erase", 40, stack_bytes=8, spilled_bytes=16),)
    assert report.spills == ("erase",)


def build_once(compiler, folder):
    """Compile one kernel, for the tests that need some true machine code."""
    source = folder / "one.cu"
    source.write_text('extern "C" __global__ void erase(int* p) { *p = 0; }\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cubins, "SOURCES", (source,))
        code, _ = compiler.compile("sm_87")
    file = folder / "one.cubin"
    file.write_bytes(code)
    return file


def test_a_compiler_that_never_ends_is_not_waited_for(program, tmp_path):
    compiler = Nvcc(program("exec sleep 60").program, patience_s=0.2)
    with pytest.raises(MachineError, match=r"nvcc does not run \(TimeoutExpired\)"):
        build_cubin(ORIN, tmp_path / "cache", compiler)


def test_a_folder_that_cannot_be_written_is_named(program, newest, tmp_path):
    whole = build_once(newest, tmp_path)
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "cache"
    with pytest.raises(MachineError, match=rf"The folder {folder} cannot be written") as caught:
        build_cubin(ORIN, folder, program(f"cp {whole} $out; cat <<'X'\n{SAID}X\n"))
    assert "gpu.cache" in caught.value.mend


def test_where_there_is_no_compiler_a_person_is_told_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(MachineError, match="no compiler for the GPU's kernels") as caught:
        build_cubin(ORIN, tmp_path, compiler=find_compiler(tmp_path))
    assert "nvcc" in caught.value.mend


def test_nvcc_is_found_in_the_toolkit_though_it_is_not_on_the_path(monkeypatch, program, tmp_path):
    monkeypatch.setenv("PATH", "")
    (tmp_path / "cuda/bin").mkdir(parents=True)
    nvcc = Path(program("exit").program).rename(tmp_path / "cuda/bin/nvcc")
    assert find_compiler(tmp_path / "cuda") == Nvcc(str(nvcc))


def test_a_library_without_its_headers_is_passed_over(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    for place in ("first/nvidia/cu13", "second/nvidia/cu13"):
        (tmp_path / place / "lib").mkdir(parents=True)
        (tmp_path / place / "lib/libnvrtc.so.13").touch()
    headers = tmp_path / "second/nvidia/cu13/include"
    headers.mkdir()
    (headers / "cuda_fp16.h").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path / "first"), str(tmp_path / "second")])
    library = tmp_path / "second/nvidia/cu13/lib/libnvrtc.so.13"
    assert find_compiler(tmp_path) == Nvrtc(library, headers)
    with pytest.raises(MachineError, match="NVRTC does not load"):
        build_cubin(ORIN, tmp_path, find_compiler(tmp_path))


def test_another_source_has_another_name(monkeypatch, tmp_path):
    before = cubin_file(tmp_path, ORIN)
    assert before.name.endswith("-sm_87.cubin")
    assert cubin_file(tmp_path, THOR).name.endswith("-sm_110.cubin")
    (tmp_path / "kernels.cu").write_text("// other")
    monkeypatch.setattr(cubins, "SOURCES", (tmp_path / "kernels.cu",))
    monkeypatch.setattr(cubins, "sources_sha256", cubins.sources_sha256.__wrapped__)
    assert cubin_file(tmp_path, ORIN) != before


def test_a_report_tells_registers_and_spills_in_one_line(tmp_path):
    usages = (Usage("gauge", 48, 0, 0), Usage("warp_f16", 80, 8, 4))
    told = Report(tmp_path / "kernels.cubin", "nvcc 13.0", usages).line()
    assert (
        told == "kernels.cubin, by nvcc 13.0: 2 kernels, at most 80 registers, spills in warp_f16"
    )
    clean = Report(tmp_path / "kernels.cubin", "nvcc 13.0", usages[:1]).line()
    assert clean.endswith("no spills")
