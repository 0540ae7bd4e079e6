-- One row: the number of dates of death that were released, completed, withheld or overruled, and of patients in review.
SELECT
  COUNT(dod) AS released,
  COUNT(CASE WHEN dod IS NOT NULL AND death_date_precision <> 'day' THEN 1 END) AS completed,
  COUNT(CASE WHEN status = 'died_date_partial' THEN 1 END) AS withheld,
  (SELECT COUNT(DISTINCT patient_id) FROM implausible_date WHERE doubt <> '{another_used}') AS overruled,
  (SELECT COUNT(DISTINCT patient_id) FROM implausible_date WHERE doubt = '{another_used}') AS hospital_dates_differ,
  (SELECT COUNT(DISTINCT patient_id) FROM certificate WHERE differs) AS certificates_differ,
  COUNT(CASE WHEN status = 'in_review' THEN 1 END) AS in_review
FROM outcome
