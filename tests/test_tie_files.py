"""Networks from files: what they mean, and every mistake in them."""

import os
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from affectsim.errors import InputError
from affectsim.networks.files import read_ties
from affectsim.networks.generators import FromFile
from affectsim.networks.table import attribute

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "networks"


def real(name: str) -> str:
    """Return the path of a real network, or skip the test."""
    if not (REAL / name).is_file():
        pytest.skip(f"no {name} in {REAL}")
    return str(REAL / name)


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refused(path: Path, **fields) -> InputError:
    with pytest.raises(InputError) as caught:
        read_ties(path, **fields)
    return caught.value


def test_csv_with_numbers_keeps_their_order(tmp_path):
    table = read_ties(written(tmp_path, "t.csv", "source,target,weight\n10,2,4\n0,10,1.5\n"))
    assert table.labels.tolist() == [0, 2, 10] and table.labels.dtype == np.int64
    assert table.source.tolist() == [2, 0] and table.target.tolist() == [1, 2] and table.weight.tolist() == [4, 1.5]
    assert not table.directed


def test_csv_with_names_keeps_the_order_of_appearance(tmp_path):
    table = read_ties(
        written(tmp_path, "t.csv", "\ufeffTarget, Source ,colour\r\n\r\nzoe,anna,red\r\n007,zoe,blue\r\n")
    )
    assert table.labels.tolist() == ["anna", "zoe", "007"]
    assert table.source.tolist() == [0, 1] and table.target.tolist() == [1, 2] and table.weight.tolist() == [1, 1]


def test_nodes_bring_groups_and_isolated_people(tmp_path):
    edges = written(tmp_path, "t.csv", "source,target\n0,2\n")
    nodes = written(tmp_path, "n.csv", "node,team,age,floor\n2,red,41.5,1\n1,blue,,2\n0,red,30,3\n")
    community = FromFile(path=str(edges), nodes=str(nodes)).build(None, 0)
    assert community.people == 3 and community.labels.tolist() == [0, 1, 2]
    assert community.ties.start.tolist() == [0, 1, 1, 2] and community.ties.source.tolist() == [2, 0]
    assert community.groups["team"].tolist() == ["red", "blue", "red"]
    assert community.groups["floor"].tolist() == [3, 2, 1] and community.groups["floor"].dtype == np.int64
    np.testing.assert_array_equal(community.groups["age"], [30, np.nan, 41.5])


def test_weight_column_can_be_named(tmp_path):
    path = written(tmp_path, "t.csv", "source,target,weight,minutes\n0,1,x,5\n")
    assert read_ties(path, weight_column="minutes").weight.tolist() == [5]
    assert "no column 'minute'; did you mean minutes?" in str(refused(path, weight_column="minute"))


def test_rows_naming_the_same_tie_are_summed(tmp_path):
    path = written(tmp_path, "t.csv", "source,target,weight\n0,1,1\n1,0,2\n1,2,1\n")
    ties = FromFile(path=str(path)).build(None, 0).ties
    assert ties.count == 4 and (ties.weight * ties.scale).tolist() == [3, 3, 1, 1]
    one_way = FromFile(path=str(path), directed=True).build(3, 0).ties
    assert one_way.count == 3 and one_way.start.tolist() == [0, 1, 2, 3]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_files_give_back_what_was_written(tmp_path, data):
    label = (
        st.text(min_size=1, max_size=6)
        .filter(lambda s: s == s.strip() and "\0" not in s)
        .filter(lambda s: s.isprintable())
    )
    names = data.draw(st.lists(label, min_size=2, max_size=8, unique=True))
    pairs = data.draw(st.lists(st.permutations(range(len(names))), min_size=1, max_size=10))
    weight = data.draw(st.lists(st.floats(1e-6, 1e6), min_size=len(pairs), max_size=len(pairs)))
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    rows = [f"{quoted[p[0]]},{quoted[p[1]]},{w!r}" for p, w in zip(pairs, weight, strict=True)]
    edges = written(tmp_path, "t.csv", "\n".join(["source,target,weight", *rows]))
    nodes = written(tmp_path, "n.csv", "\n".join(["node", *quoted]))
    table = read_ties(edges, nodes, directed=True)
    back = [str(label) for label in table.labels.tolist()]
    assert sorted(back) == sorted(names) and table.weight.tolist() == weight
    assert [back[k] for k in table.source] == [names[p[0]] for p in pairs]
    assert [back[k] for k in table.target] == [names[p[1]] for p in pairs]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=60), st.text('sourcetagweight,\n"0123;-.e', max_size=80).map(str.encode)))
def test_noise_is_read_or_refused_but_never_fails_otherwise(tmp_path, noise):
    for name in ("t.csv", "t.graphml"):
        for content in (noise, b"source,target,weight\n0,1,2\n" + noise):
            path = written(tmp_path, name, content)
            try:
                table = read_ties(path)
            except InputError as error:
                assert error.mistakes and str(path) in str(error)
            else:
                assert table.source.size and np.isfinite(table.weight).all()


HEAD = "source,target,weight\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "line 1  the file is empty; its first line must name the columns"),
        ("\n\n", "the file is empty"),
        (HEAD, "line 2  no ties; allowed: at least one row"),
        ("sorce,target\n0,1\n", "line 1  no column 'source'; did you mean sorce?"),
        ("a,b\n0,1\n", "no column 'target'; known: a, b"),
        ("0,28,20\n1,3,20\n", "no column 'source'; known: 0, 20, 28"),
        ("source;target\n0;1\n", "separated by commas, not by ';'"),
        ("source\ttarget\n0\t1\n", r"separated by commas, not by '\t'"),
        ("source,target,wieght\n0,1,2\n", "column 'wieght' is not known; did you mean weight?"),
        ("source,target,Source\n0,1,2\n", "more than one column is called 'Source'"),
        (HEAD + "0,1\n", "line 2  has 2 columns; the header has 3"),
        (HEAD + "0,1,1,5\n", "line 2  has 4 columns; the header has 3"),
        (HEAD + "0,1,1\n2,2,1\n", "line 3  '2' is tied to itself; source and target must differ"),
        (HEAD + "0,1,-2\n", "line 2, column weight  weight is -2; allowed: a number from 1e-09 to 1e+09"),
        (HEAD + "0,1,0\n", "weight is 0; allowed"),
        (HEAD + "0,1,nan\n", "weight is nan; allowed"),
        (HEAD + "0,1,inf\n", "weight is inf; allowed"),
        (HEAD + "0,1,1e39\n", "weight is 1e39; allowed"),
        (HEAD + "0,1,often\n", "weight 'often' is not a number; allowed: a number from"),
        (HEAD + "0,1,1_000\n", "weight '1_000' is not a number"),
        (HEAD + "0,1,\n", "weight '' is not a number"),
        (HEAD + ",1,1\n", "line 2, column source  is empty; allowed: the name or number of a person"),
        (HEAD + "0,1\x1b,1\n", "line 2, column target  must be a text without control characters"),
        (HEAD + f"0,{'x' * 201},1\n", "line 2, column target  has 201 characters; allowed: at most 200"),
        (HEAD + '0,1,1\n"0,1,1\n', "line 3  malformed CSV: unexpected end of data"),
        (HEAD + '0,"1"2,1\n', "line 2  malformed CSV"),
        (HEAD.encode() + b"0,1,1\nJos\xe9,1,1\n", "line 3  not UTF-8 text (byte 4 of the line is 0xe9)"),
        ("source,target\n0,1\n".encode("utf-16"), "line 1  not UTF-8 text (byte 1 of the line is 0xff)"),
        ("source,target\n0,1\n\0", "line 3  holds a NUL character"),
        (HEAD + "9" * 1_000_001, "line 2  longer than 1,000,000 bytes"),
    ],
)
def test_a_bad_csv_is_refused_in_words(tmp_path, content, says):
    path = written(tmp_path, "t.csv", content)
    error = refused(path)
    assert says in str(error) and error.source == str(path)


def test_all_mistakes_at_once(tmp_path):
    path = written(tmp_path, "t.csv", HEAD + "0,0,1\n1,2,-1\n1\n3,4,x\n,5,1\n")
    where = [mistake.where for mistake in refused(path).mistakes]
    assert where == [
        "line 2",
        "line 3, column weight",
        "line 4",
        "line 5, column weight",
        "line 6, column source",
    ]


def test_a_long_list_is_cut_and_counted(tmp_path):
    error = refused(written(tmp_path, "t.csv", HEAD + "3,3,1\n" * 25))
    assert len(error.mistakes) == 11 and "and 15 more like these; 25 mistakes" in str(error)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "line 1  the file is empty"),
        ("node\n", "line 2  no nodes; allowed: at least one row"),
        ("nodes,team\n0,a\n", "no column 'node'; did you mean nodes?"),
        ("node,team\n0,a\n1,b\n0,a\n", "line 4  node '0' is already on line 2; each may stand once"),
        ("node,\n0,a\n1,b\n", "line 1  column 2 has no name"),
        ("node,team\n0\n1,b\n", "line 2  has 1 columns; the header has 2"),
        ("node\n1\n", "line 2  '0' is not among the 1 nodes of"),
        ("node,team\n0,a\n1,b\x07\n", "line 3, column team  must be a text without control characters"),
        ("node,te\x1bam\n0,a\n1,b\n", "line 1  the name of column 2 must be a text without control characters"),
        ("node\n0\n1\nx\x85y\n", "line 4, column node  must be a text without control characters"),
    ],
)
def test_bad_nodes_are_refused_in_words(tmp_path, content, says):
    edges = written(tmp_path, "t.csv", HEAD + "0,1,1\n")
    error = refused(edges, nodes=written(tmp_path, "n.csv", content))
    assert says in str(error) and "n.csv" in str(error)


def test_mistakes_of_both_files_come_together(tmp_path):
    edges = written(tmp_path, "t.csv", HEAD + "0,0,1\n")
    error = refused(edges, nodes=written(tmp_path, "n.csv", "node\n0\n0\n"))
    assert [mistake.where for mistake in error.mistakes] == ["t.csv: line 2", "n.csv: line 3"]
    gone = refused(tmp_path / "gone.csv", nodes=tmp_path / "also-gone.csv")
    assert len(gone.mistakes) == 2


def test_paths_that_are_no_files(tmp_path):
    written(tmp_path, "workplace.csv", HEAD)
    assert "no such file; did you mean workplace.csv?" in str(refused(tmp_path / "workplaces.csv"))
    assert str(refused(tmp_path / "zzz" / "q.csv")).endswith("no such file")
    assert "is a directory" in str(refused(tmp_path))
    assert "must end in .csv or .graphml" in str(refused(written(tmp_path, "t.gml", HEAD)))
    assert "path" in str(refused(Path("nul\0.csv")))
    assert "path" in str(refused(Path("x" * 5000 + ".csv")))
    assert "must end in .csv," in str(refused(tmp_path / "workplace.csv", nodes=written(tmp_path, "n.xml", "")))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    assert "not an ordinary file" in str(refused(tmp_path / "pipe.csv"))


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(2_000_000_001)  # sparse: takes no space
    assert "has 2,000,000,001 bytes; allowed: at most 2,000,000,000" in str(refused(tmp_path / "huge.csv"))


def test_another_number_of_people_is_refused(tmp_path):
    path = str(written(tmp_path, "t.csv", HEAD + "0,1,1\n"))
    with pytest.raises(InputError, match="the file has 2, the scenario says 300; allowed: 2, or leave it out"):
        FromFile(path=path).build(300, 0)
    assert FromFile(path=path).build(2, 0).people == 2


def test_paths_are_taken_relative_to_a_folder(tmp_path):
    part = FromFile(path="t.csv", nodes=str(tmp_path / "n.csv"), directed=True).within(Path("/elsewhere"))
    assert part.files() == (Path("/elsewhere/t.csv"), tmp_path / "n.csv") and part.directed


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "-2"], [1, -2]),
        (["1", "2.5"], [1.0, 2.5]),
        (["01", "x"], ["01", "x"]),
        (["inf", "1"], ["inf", "1"]),
        (["", "NA"], ["", "NA"]),
        (["1_0", "2"], ["1_0", "2"]),
    ],
)
def test_attributes_are_numbers_only_if_all_cells_are(cells, values):
    assert attribute(cells).tolist() == values


def test_graphml_agrees_with_networkx(tmp_path):
    graph = nx.DiGraph()
    graph.add_node("anna", team="red", age=30)
    graph.add_node("zoe", team="blue", age=41)
    graph.add_node("max", team="red")
    graph.add_edge("anna", "zoe", weight=2.0)
    graph.add_edge("zoe", "anna", weight=6.0)
    nx.write_graphml(graph, tmp_path / "t.graphml")
    community = FromFile(path=str(tmp_path / "t.graphml")).build(3, 0)
    assert community.labels.tolist() == ["anna", "zoe", "max"]
    assert community.ties.start.tolist() == [0, 1, 2, 2]
    assert (community.ties.weight * community.ties.scale).tolist() == [6, 2]
    assert community.members("team", "red").tolist() == [True, False, True]
    np.testing.assert_array_equal(community.groups["age"], [30, 41, np.nan])
    both = FromFile(path=str(tmp_path / "t.graphml"), directed=False).build(3, 0).ties
    assert (both.weight * both.scale).tolist() == [8, 8]


def test_graphml_without_weights_and_with_numbers(tmp_path):
    nx.write_graphml(nx.path_graph(12), tmp_path / "t.graphml")
    table = read_ties(tmp_path / "t.graphml")
    assert table.labels.tolist() == list(range(12)) and not table.directed
    assert table.weight.tolist() == [1] * 11
    assert "is undirected; directed must be false" in str(refused(tmp_path / "t.graphml", directed=True))
    assert "leave this out" in str(refused(tmp_path / "t.graphml", nodes=tmp_path / "n.csv"))


def graphml(body: str, edgedefault: str = "undirected") -> str:
    space = 'xmlns="http://graphml.graphdrawing.org/xmlns"'
    keys = '<key id="w" for="edge" attr.name="weight" attr.type="double"/>'
    keys += '<key id="t" for="node" attr.name="team" attr.type="string"/>'
    return f'<graphml {space}>{keys}<graph edgedefault="{edgedefault}">{body}</graph></graphml>'


NODES = '<node id="a"/><node id="b"/>'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "line 1, column 1  malformed GraphML: no element found"),
        ("source,target\n0,1\n", "line 1, column 1  malformed GraphML: syntax error"),
        (graphml(NODES)[:-4], "malformed GraphML: unclosed token"),
        ("<html/>", "not GraphML with one graph: <html> with 0 graphs"),
        ("<graphml><graph/><graph/></graphml>", "<graphml> with 2 graphs in it"),
        ('<?xml version="1.0" encoding="klingon"?><graphml/>', "malformed GraphML"),
        (graphml(NODES), "graph  no ties; allowed: at least one edge"),
        (graphml(NODES + '<edge source="a" target="a"/>'), "edge a -> a  'a' is tied to itself"),
        (graphml(NODES + '<edge source="a" target="c"/>'), "edge a -> c  'c' is not a node of this graph"),
        (graphml(NODES + '<node id="a"/><edge source="a" target="b"/>'), "node a  is declared twice"),
        (graphml('<node/><node id="b"/>'), "node id  is empty"),
        (graphml('<node id="a\x85b"/><node id="b"/>'), "node id  must be a text without control characters"),
        (
            graphml('<node id="a"><data key="t">x\x7f</data></node><node id="b"/><edge source="a" target="b"/>'),
            "node attribute team  must be a text without control characters",
        ),
        (graphml(NODES + '<edge source="a" target="b" directed="true"/>'), "directed=true edge found"),
        (
            graphml(NODES + '<edge source="a" target="b"><data key="w">-1</data></edge>'),
            "weight is -1.0; allowed",
        ),
        (
            graphml(NODES + '<edge source="a" target="b"><data key="w">nan</data></edge>'),
            "weight is nan; allowed",
        ),
        (
            graphml(NODES + '<edge source="a" target="b"><data key="w">x</data></edge>'),
            "malformed GraphML: could not",
        ),
        (graphml(NODES + '<edge source="a" target="b"><data key="z">1</data></edge>'), "malformed GraphML"),
        (
            graphml(NODES + '<edge source="a" target="b"><data key="w">1</data></edge><edge source="a" target="b"/>'),
            "edge a -> b  has no weight, while other edges have one",
        ),
    ],
)
def test_bad_graphml_is_refused_in_words(tmp_path, content, says):
    path = written(tmp_path, "t.graphml", content)
    error = refused(path)
    assert says in str(error) and error.source == str(path)


def test_a_graphml_that_unfolds_without_end_is_refused(tmp_path):
    layers = "".join(f'<!ENTITY e{k} "{f"&e{k - 1};" * 10}">' for k in range(1, 12))
    bomb = f'<!DOCTYPE graphml [<!ENTITY e0 "{"x" * 100}">{layers}]><graphml>&e11;</graphml>'
    assert "malformed GraphML" in str(refused(written(tmp_path, "t.graphml", bomb)))


def test_real_workplace():
    part = FromFile(path=real("workplace2015_contacts.csv"), nodes=real("workplace2015_contacts_nodes.csv"))
    community = part.build(217, 0)
    assert community.ties.count == 2 * 4274 and community.labels.tolist() == list(range(217))
    assert community.ties.weight.mean(dtype=np.float64) == pytest.approx(1, rel=1e-6)
    first = community.ties.source[community.ties.start[0] : community.ties.start[1]]
    assert 28 in first
    assert community.groups["department"][:4].tolist() == ["SFLE", "DMI", "SCOM", "DMI"]
    with pytest.raises(InputError, match="the file has 217, the scenario says 300"):
        part.build(300, 0)


def test_real_lastfm():
    community = FromFile(path=real("lastfm_asia.csv")).build(None, 0)
    assert community.people == 7624 and community.ties.count == 2 * 27806 and (community.ties.weight == 1).all()


def test_real_lawfirm():
    names = real("lawfirm71_friendship.csv"), real("lawfirm71_friendship_nodes.csv")
    community = FromFile(path=names[0], nodes=names[1], directed=True).build(71, 0)
    assert community.ties.count == 575 and community.groups["office"].shape == (71,)
    assert community.members("seniority", 13).tolist()[2]


def test_real_residence_hall():
    names = real("residence_hall217_friendship.csv"), real("residence_hall217_friendship_nodes.csv")
    community = FromFile(path=names[0], nodes=names[1], directed=True).build(None, 0)
    assert community.people == 217 and community.ties.count == 2672 and community.groups == {}
